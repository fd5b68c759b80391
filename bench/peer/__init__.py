# SPDX-License-Identifier: BSD-3-Clause
"""peer: our TCP against the kernel's, over an emulated link (bench/tcp_linux)."""
