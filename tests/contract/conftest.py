"""Let the tests here share modules with the plug-in `sklearn_swap`, which is found by name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
