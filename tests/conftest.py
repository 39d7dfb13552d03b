"""What every test runs under."""

from hypothesis import HealthCheck, settings

# A slow machine is not a fault: no deadline, no complaint about slow generation. The same examples each time:
# a red test is red on every machine.
settings.register_profile(
    "everywhere", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("everywhere")
