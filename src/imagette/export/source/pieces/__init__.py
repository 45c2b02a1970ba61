"""Functions that exported files hold as they stand here: read as text, never run.

They are checked as all code is; `imagette.export.source.library` cuts them out by name.
"""
