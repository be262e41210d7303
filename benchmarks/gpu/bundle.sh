#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Packs what a machine with a GPU needs to build, test and measure Anamorph, if it has CUDA 13, g++, cmake, ninja and
# python3 and neither our dependencies nor a network. Made on Debian 12, from the packages that ./dev installs.
# docs/gpu.md says how it is used. Exit code 77: this machine cannot make one.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: benchmarks/gpu/bundle.sh [--worktree] OUTDIR

  OUTDIR      new folder: source/, deps/, run.sh, summary.py, bundle.cmake, MANIFEST.json, SHA256SUMS
  --worktree  pack the files as they lie in the checkout, not those of the last commit; the manifest names what
              was not committed
TEXT
}
die() { printf 'bundle.sh: %s\n' "$2" >&2; exit "$1"; }

limit_mb=60
worktree=0
out=
for word; do
  case $word in
    --worktree) worktree=1 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) out=$word ;;
  esac
done
[[ -n $out ]] || { usage >&2; exit 2; }
[[ ! -e $out ]] || die 2 "$out is there already: name a new folder"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
[[ $(git -C "$root" rev-parse --show-toplevel 2>/dev/null) == "$root" ]] || die 77 "$root is no git checkout"
command -v dpkg-query >/dev/null || die 77 "the dependencies are taken from Debian packages, and there is no dpkg-query"

# carry PACKAGE PATTERN: copies the package's files that match to where they lie below /usr. Links become files, and the
# folder of the architecture goes, so that the bundle has one lib/ and survives any way of copying.
packages=()
carry() {
  local package=$1 pattern=$2 file place found=0
  while read -r file; do
    [[ -f $file && $file =~ $pattern ]] || continue
    place=$(sed -E 's,^(/usr)?/,,; s,^lib/[^/]+-linux-gnu/,lib/,; s,^src/googletest/googletest/,,' <<<"$file")
    install -Dm644 "$file" "$out/deps/$place"
    found=1
  done < <(dpkg-query -L "$package" 2>/dev/null)
  ((found)) || die 77 "package $package is not installed, or has nothing like $pattern"
  install -Dm644 "/usr/share/doc/$package/copyright" "$out/deps/licences/$package"
  packages+=("$package")
}

# The sources. A file that was deleted but not committed is still listed.
mkdir -p "$out/source"
out=$(cd "$out" && pwd)
trap '(($? == 0)) || rm -rf "$out"' EXIT
if ((worktree)); then
  uncommitted=$(git -C "$root" status --porcelain --untracked-files=all)
  commit=$(git -C "$root" describe --always --abbrev=12 --exclude='*')${uncommitted:+-dirty}
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [[ ! -f $file ]] || printf '%s\0' "$file"
  done | tar --null -T - -cf -) | tar -xf - -C "$out/source"
else
  uncommitted=
  commit=$(git -C "$root" describe --always --abbrev=12 --exclude='*')
  git -C "$root" archive HEAD | tar -xf - -C "$out/source"
  git -C "$root" diff --quiet HEAD || printf 'bundle.sh: the uncommitted changes of %s are not packed\n' "$root" >&2
fi

# The dependencies.
carry libeigen3-dev '/eigen3/Eigen/|/eigen3/cmake/'
carry gemmi-dev '/pocketfft_hdronly\.h$'
carry nlohmann-json3-dev '/include/|\.cmake$'
carry libtomlplusplus-dev '/include/'
carry libcli11-dev '/include/'
carry googletest '/googletest/googletest/(include|src)/'
carry libpng-dev '^/usr/include/png|/libpng\.a$'
carry zlib1g-dev '^/usr/include/|/libz\.a$'
carry libpolyclipping-dev '/include/|/libpolyclipping\.so$'  # Debian has no static archive of it,
carry libpolyclipping22 '/libpolyclipping\.so\.22$'          # so the program finds this by its run path

for file in run.sh summary.py bundle.cmake; do
  cp -p "$out/source/benchmarks/gpu/$file" "$out/"
done

# The manifest.
COMMIT=$commit UNCOMMITTED=$uncommitted MACHINE=$(uname -m) python3 - "${packages[@]}" >"$out/MANIFEST.json" <<'PYTHON'
import json, os, subprocess, sys, time
version = lambda package: subprocess.check_output(["dpkg-query", "-W", "-f=${Version}", package], text=True)
print(json.dumps({
    "name": "anamorph",
    "commit": os.environ["COMMIT"],
    "uncommitted": os.environ["UNCOMMITTED"].splitlines(),
    "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    "machine": os.environ["MACHINE"],
    "packages": {package: version(package) for package in sys.argv[1:]},
}, indent=2))
PYTHON
sums=$(cd "$out" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
printf '%s\n' "$sums" >"$out/SHA256SUMS"

bytes=$(du -sb "$out" | cut -f1)
((bytes < limit_mb * 1000000)) || die 1 "the bundle has $bytes bytes, more than $limit_mb MB"
printf '%s: commit %s, %s files, %s bytes\n' "$out" "$commit" "$(wc -l <"$out/SHA256SUMS")" "$bytes"
