"""The rules of the CF conventions that matter for the files written here (checked with netCDF4 alone).

The well-known checkers bring shapely, pyproj and tables of the ocean sciences along; these few rules are what
they found in files of this package.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np

#: All units in use. UDUNITS and pint read them.
UNITS = {"1", "rad", "s-1"}


def broken_rules(path: Path) -> list[str]:
    """What in a NetCDF file the CF conventions or UDUNITS do not allow."""
    found = []
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        if not getattr(file, "Conventions", "").startswith("CF-1."):
            found.append("no Conventions")
        for name, variable in file.variables.items():
            attributes = variable.ncattrs()
            if not {"long_name", "standard_name"} & set(attributes) and name not in file.dimensions:
                found.append(f"{name}: no name in words")
            if variable.dtype is str:
                continue
            if "flag_meanings" in attributes:
                values = np.atleast_1d(variable.flag_values)
                if values.dtype != variable.dtype:
                    found.append(f"{name}: flag_values are {values.dtype}, the variable is {variable.dtype}")
                if values.size != len(variable.flag_meanings.split()):
                    found.append(f"{name}: as many flag_meanings as flag_values")
            elif getattr(variable, "units", None) not in UNITS:
                found.append(f"{name}: units {getattr(variable, 'units', None)}")
            if variable.dimensions == (name,):
                if "_FillValue" in attributes:
                    found.append(f"{name}: a coordinate has a fill value")
                steps = np.diff(variable[:])
                if not ((steps > 0).all() or (steps < 0).all()):
                    found.append(f"{name}: a coordinate must be monotonic")
    return found
