#!/usr/bin/env python3
"""What the console costs a terminal, beside btop, in one run and by the same means.

    cargo build --release
    python3 benches/console/measure.py [--binary target/release/prescale] [--seconds 30]

Each program runs in a pseudo-terminal of 120 x 40 that is read as fast as it writes. Printed is a Markdown table.
Needs Python 3.9 on Linux; btop where it is to be compared (apt-get install btop).
"""

import argparse, fcntl, os, pty, select, shutil, signal, statistics, struct, sys, tempfile, termios, time

COLUMNS, ROWS = 120, 40
# Something stands on the screen once so many bytes have come; what it is about once there are so many.
WORDS, FRAME = 100, 1_000


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, command, environment):
        self.started = time.monotonic()
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            # The child waits until the terminal has its size, then becomes the program.
            os.read(0, 1)
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment})
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.started = time.monotonic()
        os.write(self.end, b"\n")

    def read(self, seconds):
        """The bytes of so many seconds, as (moment, count)."""
        found, until = [], time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.end], [], [], left)[0]:
                try:
                    found.append((time.monotonic(), len(os.read(self.end, 1 << 16))))
                except OSError:
                    break
        return found

    def first_frames(self):
        """Milliseconds until words have come, and until a whole frame has."""
        total, words = 0, None
        while total < FRAME:
            total += sum(count for _, count in self.read(0.002))
            taken = 1000 * (time.monotonic() - self.started)
            if words is None and total >= WORDS:
                words = taken
            if taken > 60_000:
                raise SystemExit("no frame within a minute")
        return words, taken

    def press(self, key):
        """Seconds from a key to the first byte of its frame; None if nothing came."""
        pressed = time.monotonic()
        os.write(self.end, key)
        if not select.select([self.end], [], [], 3)[0]:
            return None
        return time.monotonic() - pressed

    def processor(self):
        """Seconds of processor so far, all threads."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident megabytes."""
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            self.read(0.05)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.end)


def bursts(found, quiet=0.2):
    """Bytes that came together, with less than `quiet` seconds between them."""
    out, last = [], None
    for moment, count in found:
        if last is None or moment - last > quiet:
            out.append(0)
        out[-1] += count
        last = moment
    return out


def rest(terminal, seconds):
    """Share of one processor in percent, and bytes a second, over so many seconds."""
    before, start = terminal.processor(), time.monotonic()
    found = terminal.read(seconds)
    took = time.monotonic() - start
    return 100 * (terminal.processor() - before) / took, sum(c for _, c in found) / took


def latency(terminal, keys, rounds=30):
    found = []
    for turn in range(rounds):
        answer = terminal.press(keys[turn % len(keys)])
        if answer is not None:
            found.append(answer)
        terminal.read(0.3)
    return statistics.median(found) * 1000 if found else float("nan")


def measure_prescale(binary, seconds):
    def start(config):
        home = tempfile.mkdtemp(prefix="prescale-bench-")
        with open(os.path.join(home, "prescale.toml"), "w") as file:
            file.write(config)
        return home, Terminal([binary], {"PRESCALE_HOME": home, "HOME": home})

    figures, homes = {}, []
    # A simulated clock at the pace of the real one: a sample a minute, as on an account.
    home, terminal = start("[source]\nspeed = 1.0\n[train]\ndaily = false\n")
    homes.append(home)
    figures["first"], figures["whole"] = terminal.first_frames()
    terminal.read(3)
    terminal.press(b"p")
    terminal.read(8)
    figures["cpu"], figures["idle"] = rest(terminal, seconds)
    figures["key"] = latency(terminal, [b"j", b"k"])
    figures["memory"] = terminal.memory()
    terminal.close()
    # A minute of the simulation a second, on the group page: each burst is one new sample on every chart.
    home, terminal = start("[source]\nspeed = 60.0\n[train]\ndaily = false\n")
    homes.append(home)
    terminal.first_frames()
    terminal.read(2)
    terminal.press(b"2")
    terminal.read(3)
    many = bursts(terminal.read(seconds))
    figures["sample"], figures["most"] = statistics.mean(many), max(many)
    terminal.close()
    for home in homes:
        shutil.rmtree(home, ignore_errors=True)
    return figures


def measure_btop(seconds):
    home = tempfile.mkdtemp(prefix="btop-bench-")
    terminal = Terminal(["btop", "--utf-force"], {"HOME": home, "XDG_CONFIG_HOME": home})
    figures = dict(zip(("first", "whole"), terminal.first_frames()))
    terminal.read(5)
    figures["cpu"], figures["idle"] = rest(terminal, seconds)
    many = bursts(terminal.read(seconds))
    figures["sample"], figures["most"] = statistics.mean(many), max(many)
    figures["key"] = latency(terminal, [b"\x1b[B", b"\x1b[A"])
    figures["memory"] = terminal.memory()
    terminal.close()
    shutil.rmtree(home, ignore_errors=True)
    return figures


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--binary", default="target/release/prescale")
    options.add_argument("--seconds", type=float, default=30)
    given = options.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors", file=sys.stderr)
    columns = {"prescale": measure_prescale(given.binary, given.seconds)}
    if shutil.which("btop"):
        columns["btop"] = measure_btop(given.seconds)
    rows = [
        ("first words on the screen, ms", "first", "{:.0f}"),
        ("first whole frame, ms", "whole", "{:.0f}"),
        ("idle processor, % of one", "cpu", "{:.2f}"),
        ("idle bytes a second", "idle", "{:.0f}"),
        ("bytes for a new sample, mean", "sample", "{:.0f}"),
        ("the most", "most", "{:.0f}"),
        ("key to frame, ms, median", "key", "{:.1f}"),
        ("resident memory, MB", "memory", "{:.0f}"),
    ]
    print("| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for words, name, form in rows:
        print(f"| {words} | " + " | ".join(form.format(c[name]) for c in columns.values()) + " |")


if __name__ == "__main__":
    main()
