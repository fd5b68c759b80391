# SPDX-License-Identifier: BSD-3-Clause
"""suite: what bench/run is made of. parts measure, results keep and judge, plots draw."""
