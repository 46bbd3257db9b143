"""What a figure was measured on: nothing that was measured is printed without it."""
import datetime
import os
import platform


def line():
    return f"{datetime.date.today()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
