#!/usr/bin/env python3
"""What an attached console costs on the wire: bytes from the agent to the console in a minute of a large fleet.

    cargo build --release
    python3 benches/console/wire.py [--binary target/release/prescale] [--console BINARY] [--groups 1000] [--minutes 10]

An agent looks at a simulated account over HTTP, as at one of AWS. A console in a pseudo-terminal of 120 x 40 is attached to
it through a socket that counts. Printed is a Markdown table: bytes a minute, mean and most, of the fleet page in two orders
and of a group's page. `--console` attaches another program, for instance the one of 0.1. Needs Python 3.9 on Linux.
"""

import argparse, os, re, shutil, socket, struct, subprocess, tempfile, threading, time

from measure import Terminal

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CONFIG = '[source]\nkind = "aws"\nregion = "eu-west-1"\n[train]\ndaily = false\n'


class Counter:
    """A socket in the folder `to` behind which the one of the folder `of` answers; counts what it answers."""

    def __init__(self, of, to):
        self.of, self.found = of, []
        os.makedirs(os.path.dirname(to), mode=0o700)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(to)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            console, _ = self.listener.accept()
            agent = socket.socket(socket.AF_UNIX)
            agent.connect(self.of)
            for ends in ((console, agent, False), (agent, console, True)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, out, into, counts):
        while piece := out.recv(1 << 20):
            if counts:
                self.found.append((time.monotonic(), len(piece)))
            into.sendall(piece)
        into.close()

    def minutes(self, count):
        """The bytes of each of so many minutes from now on."""
        begun = time.monotonic()
        time.sleep(60 * count)
        sums = [0] * count
        for moment, size in self.found:
            if 0 <= (minute := int((moment - begun) // 60)) < count:
                sums[minute] += size
        return sums


def wait_for_groups(path, count):
    """Waits until the agent at the socket `path` shows so many groups."""

    def read(size):
        text = b""
        while len(text) < size:
            text += peer.recv(size - len(text))
        return text

    while not os.path.exists(path):
        time.sleep(0.2)
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(path)
    hello = b'{"protocol":1,"read_only":true}'
    peer.sendall(struct.pack(">I", len(hello)) + hello)
    wanted = b'"model":'
    while read(struct.unpack(">I", read(4))[0]).count(wanted) < count:
        pass
    peer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="target/release/prescale")
    parser.add_argument("--console")
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--minutes", type=int, default=10)
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    console = os.path.abspath(options.console or binary)
    homes = [tempfile.mkdtemp(prefix="prescale-wire-") for _ in range(2)]
    with open(os.path.join(homes[0], "prescale.toml"), "w") as file:
        file.write(CONFIG)
    serve = [binary, "simulate", "--groups", str(options.groups), "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
    url = re.search(r"http://\S+?(?=;)", server.stdout.readline()).group()
    environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": url}
    agent = subprocess.Popen([binary, "agent", "--home", homes[0]], env=environment, stdout=subprocess.DEVNULL)
    try:
        sockets = [os.path.join(home, "run", "agent.sock") for home in homes]
        wait_for_groups(sockets[0], options.groups)
        counter = Counter(*sockets)
        terminal = Terminal([console, "--attach"], {"PRESCALE_HOME": homes[1], "HOME": homes[1]})
        terminal.wait_for([f"{options.groups} groups"])
        # What the terminal writes must be read.
        threading.Thread(target=lambda: terminal.read(1e9), daemon=True).start()
        print("| page | bytes a minute, mean | most |\n|---|---|---|")
        for page, keys in [("fleet", b""), ("fleet, by demand", b"o" * 5), ("group", b"2")]:
            for key in keys:
                os.write(terminal.end, bytes([key]))
                time.sleep(0.2)
            # A minute later the page is there for certain.
            time.sleep(60)
            sums = counter.minutes(options.minutes)
            print(f"| {page} | {sum(sums) / len(sums):,.0f} | {max(sums):,} |", flush=True)
        terminal.close()
    finally:
        for process in (agent, server):
            process.kill()
            process.wait()
        for home in homes:
            shutil.rmtree(home, ignore_errors=True)


main()
