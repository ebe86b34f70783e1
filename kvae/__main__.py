"""`python -m kvae`: what to type instead."""

import sys

if __name__ == "__main__":
    sys.exit(
        "error: type python run.py in kvae's folder, or python -m kvae.report FOLDER, python -m kvae.sweep FOLDER"
    )
