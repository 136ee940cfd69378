"""An example website on its own origin: its forms are built from what Relais describes."""
