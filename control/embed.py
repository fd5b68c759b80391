#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""embed.py - a file as a C array: embed.py INPUT OUTPUT NAME gives NAME[] and NAME_len."""
import sys

source, target, name = sys.argv[1:]
with open(source, "rb") as f:
    data = f.read()
with open(target, "w", encoding="ascii") as f:
    f.write('#include "control/config_parts.h"\n\n')
    f.write(f"const char {name}[] = {{\n")
    for i in range(0, len(data), 16):
        f.write("\t" + ", ".join(f"(char)0x{b:02x}" for b in data[i : i + 16]) + ",\n")
    f.write(f"}};\nconst size_t {name}_len = sizeof({name});\n")
