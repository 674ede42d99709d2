"""The only code that waits: one runtime blocks, the other awaits; `drive` steps coroutines over the first."""
