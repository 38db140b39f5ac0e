"""`up` with stand-ins for the platform's processes.

python run_up.py FOLDER [PORT GATEWAY_PORT]
"""

import sys
from pathlib import Path

from flylive.launcher import up
from flylive.launcher.errors import LauncherError

if __name__ == "__main__":
    folder, *ports = sys.argv[1:]
    port, gateway_port = map(int, ports or (0, 0))
    up.FLYLIVE = str(Path(folder, "flylive"))
    options = up.Options(data=Path(folder, "data"), port=port, gateway_port=gateway_port)
    try:
        up.Up(options).run()
    except LauncherError as error:
        sys.exit(str(error))
    print("everything ended")
