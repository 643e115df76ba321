#!/usr/bin/env python3
"""What the console costs a terminal, beside btop, in one run and by the same means.

    cargo build --release
    python3 benches/console/measure.py [--binary target/release/prescale] [--seconds 30] [--days 30] [--no-frames]

Each program runs in a pseudo-terminal of 120 x 40 that is read as fast as it writes. Printed are Markdown tables: the
programs beside each other; memory over simulated days (a day takes 24 seconds; --days 0 leaves them out); and what a
frame of each page costs at 200 x 60 (`cargo bench --bench console`, unless --no-frames).
Needs Python 3.9 on Linux; btop where it is to be compared (apt-get install btop).
"""

import argparse, datetime, fcntl, os, pty, re, select, shutil, signal, statistics, struct, subprocess, sys, tempfile
import termios, time

COLUMNS, ROWS = 120, 40
# Something stands on the screen once so many bytes have come; what it is about once there are so many.
WORDS, FRAME = 100, 1_000
# Groups of the fleet whose idling is measured, and for how long at least: a look at all of them once a minute.
GROUPS, MINUTES = 20, 3


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
        """The bytes of so many seconds, as (moment, count); the bytes themselves are kept in `text`."""
        found, self.text, until = [], b"", time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self.end], [], [], left)[0]:
                try:
                    piece = os.read(self.end, 1 << 16)
                except OSError:
                    break
                found.append((time.monotonic(), len(piece)))
                self.text += piece
        return found

    def screen(self):
        """The text of the whole screen, which is drawn anew for it."""
        for columns in (COLUMNS + 1, COLUMNS):
            fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
            os.kill(self.pid, signal.SIGWINCH)
            self.read(1)
        return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", self.text).decode("utf-8", "replace")

    def wait_for(self, words, minutes=10):
        """Waits until the screen shows one of `words`."""
        until = time.monotonic() + 60 * minutes
        while not any(word in self.screen() for word in words):
            if time.monotonic() > until:
                raise SystemExit(f"waited in vain for {words}")
            self.read(2)

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


def start(binary, config, environment={}):
    """A home with this configuration, and `prescale` in it."""
    home = tempfile.mkdtemp(prefix="prescale-bench-")
    with open(os.path.join(home, "prescale.toml"), "w") as file:
        file.write(config)
    return home, Terminal([binary], {"PRESCALE_HOME": home, "HOME": home, **environment})


def measure_fleet(binary, seconds):
    """Share of a processor that twenty groups take, looked at once a minute over HTTP as an account is."""
    serve = [binary, "simulate", "--groups", str(GROUPS), "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
    url = re.search(r"http://\S+?(?=;)", server.stdout.readline()).group()
    keys = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    config = '[source]\nkind = "aws"\nregion = "eu-west-1"\n[train]\ndaily = false\n'
    home, terminal = start(binary, config, keys)
    try:
        terminal.wait_for(["batch-steady-003"])
        # The first minutes read and learn two days of each group.
        terminal.read(120)
        return rest(terminal, max(seconds, 60 * MINUTES))
    finally:
        terminal.close()
        server.kill()
        server.wait()
        shutil.rmtree(home, ignore_errors=True)


def measure_days(binary, days):
    """Resident megabytes after so many simulated days, once a model has been trained and serves or waits."""
    home, terminal = start(binary, "[source]\nspeed = 1.0\n[train]\ndaily = false\n")
    try:
        terminal.wait_for(["[1 Fleet]"])
        for key in (b"5", b"t", b"y"):
            os.write(terminal.end, key)
            terminal.read(1)
        terminal.wait_for(["done:", "failed:"])
        # Eight steps lead to a simulated hour a second; each counts from the speed that is shown.
        for key in (b"1",) + 8 * (b">",):
            os.write(terminal.end, key)
            terminal.read(1)
        found, begun, last = [], None, -1
        while last < days:
            shown = re.search(r"(\d\d) (\w{3}) (\d\d):(\d\d) UTC", terminal.screen())
            if shown:
                now = datetime.datetime.strptime("2026 " + " ".join(shown.groups()), "%Y %d %b %H %M")
                begun = begun or now
                # The screen shows no year: what lies before the beginning is of the next.
                now = now if now >= begun else now.replace(year=now.year + 1)
                day = (now - begun).days
                if day > last:
                    found.append((day, terminal.memory()))
                    last = day
            terminal.read(2)
        return found
    finally:
        terminal.close()
        shutil.rmtree(home, ignore_errors=True)


def print_frames():
    """The table of `cargo bench --bench console`."""
    out = subprocess.run(["cargo", "bench", "--bench", "console"], stdout=subprocess.PIPE, text=True, check=True)
    print("\n".join(line for line in out.stdout.splitlines() if line.startswith("|")))


def measure_prescale(binary, seconds):
    figures, homes = {}, []
    # A simulated clock at the pace of the real one: a sample a minute, as on an account.
    home, terminal = start(binary, "[source]\nspeed = 1.0\n[train]\ndaily = false\n")
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
    home, terminal = start(binary, "[source]\nspeed = 60.0\n[train]\ndaily = false\n")
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
    figures["fleet"], figures["fleet bytes"] = measure_fleet(binary, seconds)
    return figures


def measure_btop(seconds):
    home = tempfile.mkdtemp(prefix="btop-bench-")
    terminal = Terminal(["btop", "--utf-force"], {"HOME": home, "XDG_CONFIG_HOME": home})
    figures = dict(zip(("first", "whole"), terminal.first_frames()))
    terminal.read(5)
    figures["cpu"], figures["idle"] = rest(terminal, seconds)
    # It always goes on: its idling is its work.
    figures["fleet"], figures["fleet bytes"] = figures["cpu"], figures["idle"]
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
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--no-frames", action="store_true")
    given = options.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors", file=sys.stderr)
    columns = {"prescale": measure_prescale(given.binary, given.seconds)}
    if shutil.which("btop"):
        columns["btop"] = measure_btop(given.seconds)
    rows = [
        ("first words on the screen, ms", "first", "{:.0f}"),
        ("first whole frame, ms", "whole", "{:.0f}"),
        ("idle processor, % of one, clock paused", "cpu", "{:.2f}"),
        (f"the same, {GROUPS} groups looked at every minute", "fleet", "{:.2f}"),
        ("idle bytes a second, clock paused", "idle", "{:.0f}"),
        (f"the same, {GROUPS} groups", "fleet bytes", "{:.0f}"),
        ("bytes for a new sample, mean", "sample", "{:.0f}"),
        ("the most", "most", "{:.0f}"),
        ("key to frame, ms, median", "key", "{:.1f}"),
        ("resident memory, MB", "memory", "{:.0f}"),
    ]
    print("| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for words, name, form in rows:
        print(f"| {words} | " + " | ".join(form.format(c[name]) for c in columns.values()) + " |")

    if given.days:
        found = measure_days(given.binary, given.days)
        print("\n| simulated days | resident memory, MB |\n|---|---|")
        wanted = sorted({0, 1, given.days // 3, 2 * given.days // 3, given.days})
        for day, megabytes in found:
            if day in wanted or day == found[-1][0]:
                print(f"| {day} | {megabytes:.0f} |")
    if not given.no_frames:
        print()
        print_frames()


if __name__ == "__main__":
    main()
