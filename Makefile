# The verbs of ./do, for those whose hands say make. Options: make lab ARGS='--scene boundary'
VERBS := run lab test check vm systemd deb lock sbom bench fuzz help
.DEFAULT_GOAL := help
.PHONY: $(VERBS)
$(VERBS):
	@./do $@ $(ARGS)
.PHONY: test-vm
test-vm: vm
.PHONY: test-systemd
test-systemd: systemd
