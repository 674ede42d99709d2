"""The only code that waits: one runtime blocks, the other awaits, and `drive` steps coroutines over the blocking one."""
