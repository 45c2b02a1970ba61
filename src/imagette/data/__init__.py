"""Pictures and labels from named sets, folders and archives: verified, cached, then cut."""
