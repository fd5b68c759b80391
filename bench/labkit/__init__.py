# SPDX-License-Identifier: BSD-3-Clause
"""labkit: namespaces, names, certificates, real XMPP servers and the relay between them."""
