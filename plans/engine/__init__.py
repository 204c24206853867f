"""The engine: passes over waves, cut into chunks, claimed under leases, settled by probing the target."""
