"""How the parts of each room are joined; `services.py` picks the adapters that they stand on."""
