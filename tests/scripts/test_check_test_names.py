import pytest

from scripts.check_test_names import problems


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from machines import services\nservices.recount()", ["2: machines.services has no recount"]),
        ("from machines import services\nservices.usage.open_usage", []),
        ("from machines import services\nservices.usage.recount", ["2: machines.services.usage has no recount"]),
        ("import machines.services as written\nwritten.recount", ["2: machines.services has no recount"]),
        ("import machines.services\nmachines.services.recount", ["2: machines.services has no recount"]),
        (
            "def test():\n    from machines import services\n    services.recount",
            ["3: machines.services has no recount"],
        ),
        ("from machines import services\ndef test():\n    services.recount", ["3: machines.services has no recount"]),
        ("from machines import services\ndef test(services):\n    services.recount", []),
        ("from machines import services\ndef test():\n    services = object()\n    services.recount", []),
        ("import json\njson.recount", []),
        ("from machines.models import Machine\nMachine.recount", []),
    ],
)
def test_only_what_a_module_of_ours_lacks_is_named(source, found):
    assert list(problems(source)) == found
