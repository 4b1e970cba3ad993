"""Names of clients are put on records, and follow their files."""

from pathlib import Path

from event_fixtures import event, plain

from enforcer.edge.name_files import LOOK, NameFiles


def test_a_client_is_named_as_the_later_file_says(tmp_path: Path) -> None:
    hosts, leases = tmp_path / "hosts", tmp_path / "leases"
    hosts.write_text("10.1.0.2 printer\n10.1.0.3 desk\n")
    leases.write_text("1732300000 02:00:5e:10:00:01 10.1.0.2 laptop-7 *\n")
    files = NameFiles()
    paths = (str(hosts), str(leases))
    named = files.named([event(), event(client="10.1.0.3"), event(client="10.9.9.9"), plain(0.0, "start")], paths, 0.0)
    assert [one.client_name for one in named] == ["laptop-7", "desk", "", ""]
    assert [one.client_name for one in files.named([event(client_name="kept")], paths, 0.0)] == ["kept"]
    assert files.faults == []


def test_a_file_is_read_again_when_it_changed_and_not_before_it_is_time(tmp_path: Path) -> None:
    hosts, files = tmp_path / "hosts", NameFiles()
    paths = (str(hosts),)
    assert files.named([event()], paths, 0.0)[0].client_name == ""
    hosts.write_text("10.1.0.2 printer\n")
    assert files.named([event()], paths, LOOK - 1)[0].client_name == ""
    assert files.named([event()], paths, LOOK)[0].client_name == "printer"
    hosts.write_text("10.1.0.2 another-one\n")  # of another size: its time may be the same to the clock of files
    assert files.named([event()], paths, 2 * LOOK)[0].client_name == "another-one"
    hosts.unlink()
    assert files.named([event()], paths, 3 * LOOK)[0].client_name == ""


def test_another_configuration_counts_at_once(tmp_path: Path) -> None:
    hosts, files = tmp_path / "hosts", NameFiles()
    hosts.write_text("10.1.0.2 printer\n")
    assert files.named([event()], (), 0.0)[0].client_name == ""
    assert files.named([event()], (str(hosts),), 1.0)[0].client_name == "printer"


def test_what_cannot_be_read_is_told_and_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    files = NameFiles()
    assert files.named([event()], (str(tmp_path / "folder"),), 0.0) == [event()]
    [fault] = files.faults
    assert "without the names in" in fault
    assert "Is a directory" in fault
