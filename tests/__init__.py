"""The tests mirror the rooms. A package, because some libraries install a package of this name as well."""
