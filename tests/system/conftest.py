"""Two kinds of files: most run beside each other, those marked `alone` have the machine to themselves."""
import os
import tempfile


# The certificate authority of the tests is not that of the user: it goes with them.
AUTHORITY = tempfile.TemporaryDirectory(prefix="multiaz-ca-")
os.environ["MULTIAZ_CA"] = AUTHORITY.name


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: judges times or takes both cores; tools/test runs it after the others")
    # What goes wrong in a thread of a test is a failure of the test, not a line below it.
    config.addinivalue_line("filterwarnings", "error::pytest.PytestUnhandledThreadExceptionWarning")
