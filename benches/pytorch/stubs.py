"""Empty stand-ins for the CUDA libraries, where only PyTorch's CUDA wheel can be had and no CUDA is installed.

    python stubs.py FOLDER        then set LD_LIBRARY_PATH to FOLDER

PyTorch then imports and runs on the CPU; a call into one of these libraries returns nothing. Needs gcc and readelf.
"""

import pathlib
import re
import subprocess
import sys
import sysconfig

OURS = re.compile(r"^lib(cu|nv|nccl)")
NAMES = re.compile(r"^(cu|nv|nccl|__cuda)")


def read(*words):
    return subprocess.run(["readelf", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch = pathlib.Path(sysconfig.get_path("purelib")) / "torch" / "lib"
    libraries, symbols = set(), {}
    for file in torch.glob("*.so"):
        needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", read("-d", str(file)))
        libraries.update(name for name in needed if OURS.match(name))
        for line in read("-W", "--dyn-syms", str(file)).splitlines():
            words = line.split()
            if len(words) < 8 or words[6] != "UND":
                continue
            name, _, version = words[7].partition("@")
            if NAMES.match(name):
                symbols.setdefault(name, version.strip("@"))
    body = "\n".join(f"void *{name}(void) {{ return 0; }}" for name in sorted(symbols))
    (folder / "all.c").write_text(body)
    versions = sorted(set(symbols.values()) - {""})
    script = "\n".join(
        f"{v} {{ global: {' '.join(f'{n};' for n, of in sorted(symbols.items()) if of == v)} }};" for v in versions
    )
    (folder / "all.map").write_text(script)
    for name in sorted(libraries):
        words = ["gcc", "-shared", "-fPIC", "-w", "-fno-builtin", f"-Wl,-soname,{name}", str(folder / "all.c")]
        words += [f"-Wl,--version-script,{folder / 'all.map'}"] if versions else []
        subprocess.run([*words, "-o", str(folder / name)], check=True)
    print(f"{len(libraries)} libraries, {len(symbols)} names")


if __name__ == "__main__":
    main()
