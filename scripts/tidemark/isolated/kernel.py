"""What the system's kernel can refuse a process for good: Landlock and seccomp, both of Linux.

Landlock (Linux 5.13, landlock(7)) refuses to open files, seccomp (seccomp(2)) refuses system calls.
Both hold for native code too, and nobody can take them back. Reading a file's size or times is
refused by neither.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

# name:number on x86_64:number on aarch64
REFUSED = (
    # what a file is beside its content, which would outlast the process
    "chmod:90:- fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:- fchown:93:55 "
    "lchown:94:- fchownat:260:54 utime:132:- utimes:235:- futimesat:261:- utimensat:280:88 "
    "setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7 setxattrat:463:463 removexattr:197:14 "
    "lremovexattr:198:15 fremovexattr:199:16 removexattrat:466:466 getxattr:191:8 "
    "lgetxattr:192:9 fgetxattr:193:10 getxattrat:464:464 listxattr:194:11 llistxattr:195:12 "
    "flistxattr:196:13 listxattrat:465:465 file_setattr:469:469 flock:73:32 "
    # other processes
    "fork:57:- vfork:58:- execve:59:221 execveat:322:281 ptrace:101:117 "
    "process_vm_readv:310:270 process_vm_writev:311:271 process_madvise:440:440 "
    "process_mrelease:448:448 kcmp:312:272 pidfd_open:434:434 pidfd_getfd:438:438 "
    "pidfd_send_signal:424:424 tkill:200:130 rt_sigqueueinfo:129:138 "
    "rt_tgsigqueueinfo:297:240 unshare:272:97 setns:308:268 setpriority:141:140 "
    "ioprio_set:251:30 sched_setscheduler:144:119 sched_setparam:142:118 "
    "sched_setattr:314:274 migrate_pages:256:238 move_pages:279:239 "
    # what others may ask of this one
    "setpgid:109:154 setsid:112:157 sched_setaffinity:203:122 capset:126:91 "
    "get_robust_list:274:100 "
    # sockets
    "socket:41:198 socketpair:53:199 bind:49:200 connect:42:203 listen:50:201 accept:43:202 "
    "accept4:288:242 "
    # memory, queues and keys that processes share
    "shmget:29:194 shmat:30:196 msgget:68:186 msgsnd:69:189 msgrcv:70:188 semget:64:190 "
    "semop:65:193 semtimedop:220:192 mq_open:240:180 mq_unlink:241:181 add_key:248:217 "
    "request_key:249:218 keyctl:250:219 "
    # ways around what is refused
    "io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427 "
    "open_by_handle_at:304:265 name_to_handle_at:303:264 userfaultfd:323:282 bpf:321:280 "
    "perf_event_open:298:241 fanotify_init:300:262 inotify_init:253:- inotify_init1:294:26 "
    # the machine
    "mount:165:40 umount2:166:39 pivot_root:155:41 chroot:161:51 move_mount:429:429 "
    "fsopen:430:430 fsmount:432:432 fsconfig:431:431 fspick:433:433 open_tree:428:428 "
    "open_tree_attr:467:467 mount_setattr:442:442 quotactl:179:60 quotactl_fd:443:443 "
    "acct:163:89 swapon:167:224 swapoff:168:225 reboot:169:142 kexec_load:246:104 "
    "kexec_file_load:320:294 init_module:175:105 finit_module:313:273 delete_module:176:106 "
    "iopl:172:- ioperm:173:- syslog:103:116 sethostname:170:161 setdomainname:171:162 "
    "settimeofday:164:170 clock_settime:227:112 clock_adjtime:305:266 adjtimex:159:171 "
)
CLONE, CLONE3, KILL, TGKILL, PRCTL, IOCTL, FCNTL, PRLIMIT = (
    *((56, 220), (435, 435), (62, 129), (234, 131), (157, 167), (16, 29), (72, 25)),
    (302, 261),
)
KNOWN = 470  # the first number that no call had when this was written

CLONE_THREAD = 0x10000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
# Of a terminal or a pipe; others would change files.
HARMLESS_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
LOCKS_AND_SIGNALS = (6, 7, 8, 10, 15, 37, 38, 1024, 1026, 1036, 1038)  # of fcntl, and hints

LOAD, EQUALS, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16  # where in `struct seccomp_data`; arguments of 8 bytes
ALLOW, REFUSE, END = 0x7FFF0000, 0x00050000, 0x80000000
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ_FILE, READ_DIR = 1 << 2, 1 << 3
WRITE_FILE = 1 << 1
OWN_LIMITS = Path("/proc/self/cgroup")  # where DuckDB looks for how much memory it may use
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many there are, by version


class Walls:
    """Refusals, worked out once; each process that forks from here may put them up for itself."""

    def __init__(self, readable: Iterable[Path], writable: Iterable[Path]) -> None:
        """Refuse all files but these and those below them, and what reaches beyond the process."""
        self.rules = self._column = -1
        if sys.platform != "linux":
            return
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.syscall.restype = ctypes.c_long
        self.rules = _rules(self._libc, readable, writable)
        self._column, machine = MACHINES.get(platform.machine(), (-1, 0))
        if sys.maxsize > 1 << 32 and self._column >= 0:
            self._head = b"".join(_for_all(self._column, machine))

    def put_up(self) -> list[str]:
        """Refuse from now on, for good.

        Returns:
            What of it this system does not have.
        """
        if sys.platform != "linux":
            return ["Landlock", "seccomp"]
        self._libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        missing = []
        if self.rules >= 0:
            _allow(self._libc, self.rules, OWN_LIMITS, READ_FILE)
        if self.rules < 0 or self._libc.syscall(
            RESTRICT_SELF, ctypes.c_int(self.rules), ctypes.c_uint(0)
        ):
            missing.append("Landlock")
        if self.rules >= 0:
            os.close(self.rules)
        if self._column < 0 or not self._filtered():
            missing.append("seccomp")
        return missing

    def _filtered(self) -> bool:
        program = self._head + b"".join(_for_one(self._column, os.getpid()))
        held = ctypes.create_string_buffer(program, len(program))
        header = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
        return bool(self._libc.prctl(PR_SET_SECCOMP, 2, header, 0, 0) == 0)


def _rules(libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path]) -> int:
    """The descriptor of a Landlock ruleset; below zero if there can be none."""
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if version < 1:
        return -1
    files = (1 << FILE_RIGHTS.get(version, 16)) - 1
    network, scopes = 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0
    handled = struct.pack("=QQQ", files, network, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = int(libc.syscall(CREATE_RULESET, handled, ctypes.c_size_t(size), ctypes.c_uint(0)))
    if rules >= 0:
        for path in readable:
            _allow(libc, rules, path, READ_FILE)
        for path in writable:
            _allow(libc, rules, path, READ_FILE | WRITE_FILE)
    return rules


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it is not there, or not for us
        return
    try:
        if path.is_dir():
            rights |= READ_DIR
        rule = struct.pack("=Qi", rights, beneath)
        libc.syscall(ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint(0))
    finally:
        os.close(beneath)


ALLOWED, REFUSED_ONE, UNKNOWN = (
    struct.pack("=HBBI", RETURN, 0, 0, value)
    for value in (ALLOW, REFUSE | errno.EPERM, REFUSE | errno.ENOSYS)
)


def _for_all(column: int, machine: int) -> list[bytes]:
    """The filter's first part, in the kernel's own instructions (`struct sock_filter`)."""
    program = [
        _instruction(LOAD, MACHINE),
        _instruction(EQUALS, machine, 1, 0),
        _instruction(RETURN, END),
        _instruction(LOAD, NUMBER),
        _instruction(AT_LEAST, KNOWN, 0, 1),  # also those of x32
        UNKNOWN,
        _instruction(EQUALS, CLONE3[column], 0, 1),
        UNKNOWN,  # whose flags lie in memory; glibc then uses clone
    ]
    numbers = (entry.split(":")[1 + column] for entry in REFUSED.split())
    for number in (int(text) for text in numbers if text != "-"):
        program += [_instruction(EQUALS, number, 0, 1), REFUSED_ONE]
    return program


def _for_one(column: int, own: int) -> list[bytes]:
    """The rest of it, for calls that hang on their arguments, such as which process is meant."""
    program: list[bytes] = []
    yes, no = ALLOWED, REFUSED_ONE
    for call, body in (
        (CLONE, [*_argument(0), _instruction(AND, CLONE_THREAD), *_among([0], no, yes)]),
        (KILL, [*_argument(0), *_among([own], yes, no)]),
        (TGKILL, [*_argument(0), *_among([own], yes, no)]),
        (PRLIMIT, [*_argument(0), *_among([0, own], yes, no)]),
        (PRCTL, [*_argument(0), *_among([PR_SET_PDEATHSIG], no, yes)]),
        (IOCTL, [*_argument(1), *_among(HARMLESS_IOCTLS, yes, no)]),
        (FCNTL, [*_argument(1), *_among(LOCKS_AND_SIGNALS, no, yes)]),
    ):
        program += [_instruction(EQUALS, call[column], 0, len(body)), *body]
    return [*program, yes]


def _instruction(code: int, operand: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, operand)


def _argument(number: int) -> list[bytes]:
    """Load the lower half of an argument, which is all that the calls looked at here use."""
    return [_instruction(LOAD, ARGUMENTS + 8 * number)]


def _among(values: Sequence[int], then: bytes, otherwise: bytes) -> list[bytes]:
    """Return the one if what is loaded is among the values, else the other."""
    tests = [
        _instruction(EQUALS, value, len(values) - number, 0) for number, value in enumerate(values)
    ]
    return [*tests, otherwise, then]
