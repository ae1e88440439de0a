"""Benchmarks, run by `./amparo bench NAME`. Not tests: they measure, on the machine at hand, and judge nothing."""
