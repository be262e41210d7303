#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
"""Tiles by a real Slurm of one node: an array is submitted, a worker is killed in the middle of a tile, the controller
is killed and started again, what is missing (and nothing else) is submitted again, and the merged mask has the bytes of
a local run. Usage: slurm_test.py PATH_OF_anamorph. Exit code 77: no Slurm here, or it cannot be started."""
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DAEMONS = ["munged", "slurmctld", "slurmd"]
TOOLS = ["sbatch", "squeue", "sinfo"]
RECIPE = """[layout]
file = "wires.glp"
window_nm = [0, 0, 872, 1768]
pixel_nm = 4
[optics]
wavelength_nm = 193.368
na = 1.35
immersion_index = 1.437
[optics.source]
shape = "annular"
sigma_inner = 0.55
sigma_outer = 0.9
step = 0.2
[resist]
threshold = 0.3
[tile]
core_nm = 300
halo_nm = 200
[ilt]
iterations = %d
grid_nm = 4
"""


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Cluster:
    """Munge, controller and one node, all in one folder, on ports of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = {}
        self.running, self.since = "", time.time()
        self.config = os.path.join(folder, "slurm.conf")
        self.environment = dict(os.environ, SLURM_CONF=self.config)
        for name in ("state", "spool"):
            os.mkdir(os.path.join(folder, name))
        key = os.path.join(folder, "munge.key")
        with open(key, "wb") as f:
            f.write(os.urandom(128))
        os.chmod(key, 0o400)
        self.key = key
        self.munge = os.path.join(folder, "munge.socket")
        host = socket.gethostname().split(".")[0]
        self.node = host
        with open(self.config, "w") as f:
            f.write(f"""ClusterName=tiles
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={self.munge}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
MpiDefault=none
ReturnToService=2
JobRequeue=0
SlurmctldTimeout=30
SlurmdTimeout=60
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
""")

    def start(self, name, *arguments):
        log = open(os.path.join(self.folder, name + ".out"), "ab")
        self.processes[name] = subprocess.Popen(
            [find(name), *arguments], env=self.environment, stdout=log, stderr=log, start_new_session=True)

    def start_controller(self):
        self.start("slurmctld", "-D")

    def up(self):
        self.start("munged", "--foreground", "--force", "--key-file=" + self.key, "--socket=" + self.munge,
                   "--pid-file=" + self.folder + "/munged.pid", "--log-file=" + self.folder + "/munged.log",
                   "--seed-file=" + self.folder + "/munged.seed", "--num-threads=1")
        if not wait_for(lambda: os.path.exists(self.munge), 5):
            skip("munged does not start")
        self.start_controller()
        self.start("slurmd", "-D", "-N", self.node)
        if not wait_for(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%t"), 20):
            for name in ("slurmctld.log", "slurmd.log", "slurmctld.out", "slurmd.out"):
                path = os.path.join(self.folder, name)
                if os.path.exists(path):
                    print(name + ":\n" + open(path, errors="replace").read()[-1500:])
            skip("Slurm does not start")

    def ask(self, name, *arguments):
        return subprocess.run([find(name), *arguments], env=self.environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout

    def kill(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def idle(self):
        """No job is left; a controller that does not answer is none."""
        done = subprocess.run([find("squeue"), "-h"], env=self.environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return done.returncode == 0 and not done.stdout.strip()

    def has_saved(self):
        """What runs now has been written down."""
        running = self.ask("squeue", "-h", "-t", "R", "-o", "%i")
        if running != self.running:
            self.running, self.since = running, time.time()
        saved = os.path.join(self.folder, "state", "job_state")
        return bool(running) and os.path.exists(saved) and os.path.getmtime(saved) > self.since

    def down(self):
        for name in ("slurmd", "slurmctld", "munged"):
            if name in self.processes:
                self.processes[name].terminate()
        for process in self.processes.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def workers(program, plan):
    """Processes that make tiles of this plan."""
    found = []
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = open(name, "rb").read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0] == program and words[1:4] == ["tile", "run", plan]:
            found.append(int(name.split("/")[2]))
    return found


def main():
    program = os.path.realpath(sys.argv[1])
    missing = [name for name in DAEMONS + TOOLS if not find(name)]
    if missing:
        skip("there is no " + ", ".join(missing))
    if os.geteuid() != 0:
        skip("daemons of their own need root here")

    folder = tempfile.mkdtemp(prefix="anamorph-slurm-")
    cluster = Cluster(folder)

    def run(*arguments, code=0):
        done = subprocess.run([program, *arguments], env=cluster.environment, cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == code, f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    try:
        with open(os.path.join(folder, "wires.glp"), "w") as f:
            f.write("CNAME wires\nCELL wires PRIME\n")
            for i in range(6):
                f.write(f"   RECT N M1 {160 * i} {40 * (i % 3)} 72 {1400 + 57 * i}\n")
            f.write("ENDMSG\n")
        with open(os.path.join(folder, "wires.toml"), "w") as f:
            f.write(RECIPE % 700)
        plan, local = os.path.join(folder, "plan"), os.path.join(folder, "local")
        run("tile", "plan", "wires.toml", "--job", "ilt", "-o", plan, "--backend", "cpu")
        shutil.copytree(plan, local)
        cluster.up()

        def status():
            text = subprocess.run([program, "tile", "status", plan, "--json"], text=True, stdout=subprocess.PIPE).stdout
            return json.loads(text)

        def done_tiles():
            return {os.path.basename(f) for f in glob.glob(plan + "/tiles/*.json")}

        tiles = status()["tiles"]
        assert tiles == 18, tiles
        first = json.loads(run("tile", "submit", plan, "--engine", "slurm", "--jobs", "2", "--json",
                               "--options", "--comment='two words'"))
        assert first["members"] == 2 and first["tiles"] == tiles, first

        # A worker dies in the middle of a tile, once something is done.
        assert wait_for(lambda: done_tiles() and workers(program, plan), 60), cluster.ask("squeue")
        victim = workers(program, plan)[0]
        os.kill(victim, signal.SIGKILL)
        # The controller dies while others work, and comes back. It writes down every few seconds which jobs run; one
        # that dies earlier than that starts them twice, which is Slurm's own affair.
        assert wait_for(cluster.has_saved, 30), cluster.ask("squeue")
        assert workers(program, plan), "somebody works while the controller is away"
        cluster.kill("slurmctld")
        time.sleep(0.3)
        cluster.start_controller()
        assert wait_for(cluster.idle, 60), cluster.ask("squeue")
        after = status()
        left = after["missing"]
        assert left, "the killed worker had something to do"
        assert not after["failed"] and not after["damaged"], after
        kept = {name: open(os.path.join(plan, "tiles", name)).read() for name in done_tiles()}

        second = json.loads(run("tile", "submit", plan, "--engine", "slurm", "--json"))
        assert second["tiles"] == len(left), (second, left)
        lists = sorted(glob.glob(plan + "/submit/tiles-*"), key=os.path.getmtime)
        assert sorted(int(line) for line in open(lists[-1])) == left, "one member for each missing tile"
        assert wait_for(cluster.idle, 60), cluster.ask("squeue")
        assert status()["done"] == tiles, status()
        for name, text in kept.items():
            assert open(os.path.join(plan, "tiles", name)).read() == text, name + " was made again"
        assert "all tiles are done" in run("tile", "submit", plan, "--engine", "slurm")
        run("tile", "merge", plan)

        run("tile", "submit", local, "--engine", "local", "-j", "2")
        run("tile", "merge", local)
        with open(plan + "/mask.oas", "rb") as a, open(local + "/mask.oas", "rb") as b:
            assert a.read() == b.read(), "the masks differ"
        print(f"{tiles} tiles, {len(left)} of them again after the kill; Slurm and local agree")
    finally:
        for pid in workers(program, os.path.join(folder, "plan")):
            os.kill(pid, signal.SIGKILL)
        cluster.down()
        shutil.rmtree(folder, ignore_errors=True)


main()
