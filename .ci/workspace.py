#!/usr/bin/env python3
"""Answers .ci/run's questions about the workspace, from cargo's own description of it.

usage: .ci/workspace.py published                  names of the crates that are published
  .ci/workspace.py no-std                          those of them in the category `no-std`
  .ci/workspace.py licences                        fails where a crate's licence differs from the root's
  .ci/workspace.py all-features NAME               all features but those that need the dependency NAME
  .ci/workspace.py features [NAME]                 cargo's arguments, a line for each feature of each crate
  .ci/workspace.py examples [NAME]                 cargo's arguments, a line for each example
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(question, unwanted=None):
    packages = workspace()
    published = [package for package in packages if package["publish"] != []]
    features = Features(packages, unwanted)
    if question == "published":
        lines = [package["name"] for package in published]
    elif question == "no-std":
        lines = [package["name"] for package in published if "no-std" in package["categories"]]
    elif question == "licences":
        lines = compare_licences(published)
    elif question == "all-features":
        lines = [",".join(f"{package['name']}/{name}" for package in packages for name in features.of(package))]
    elif question == "features":
        lines = []
        for package in published:
            alone = f"-p {package['name']} --no-default-features"
            lines += [alone] + [f"{alone} --features {name}" for name in features.of(package) if name != "default"]
    elif question == "examples":
        lines = list(examples(packages, features))
    else:
        sys.exit(__doc__)
    print("\n".join(lines))


def workspace():
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)["packages"]


class Features:
    """The features of the workspace that don't lead to the dependency `unwanted`."""

    def __init__(self, packages, unwanted):
        self.packages = {package["name"]: package for package in packages}
        self.unwanted = unwanted

    def of(self, package):
        return [name for name in package["features"] if not self.needs_unwanted(package, name, set())]

    def needs_unwanted(self, package, feature, seen):
        if (package["name"], feature) in seen:
            return False
        seen.add((package["name"], feature))
        for entry in package["features"].get(feature, []):
            dependency, _, inner = entry.removeprefix("dep:").replace("?", "").partition("/")
            if inner or entry.startswith("dep:"):
                if dependency == self.unwanted:
                    return True
                inner_features = [inner] if inner else self.switched_on(package, dependency)
                below = self.packages.get(dependency)
                if below and any(self.needs_unwanted(below, name, seen) for name in inner_features):
                    return True
            elif self.needs_unwanted(package, entry, seen):
                return True
        return False

    @staticmethod
    def switched_on(package, dependency):
        return [name for row in package["dependencies"] if row["name"] == dependency for name in row["features"]]


def examples(packages, features):
    for package in packages:
        for target in package["targets"]:
            needed = target.get("required-features", [])
            if "example" in target["kind"] and set(needed) <= set(features.of(package)):
                with_features = f" --features {','.join(needed)}" if needed else ""
                yield f"-p {package['name']} --example {target['name']}{with_features}"


def compare_licences(published):
    for package in published:
        folder = Path(package["manifest_path"]).parent
        for name in ("LICENSE-MIT", "LICENSE-APACHE"):
            copy = folder / name
            if copy.is_symlink() or not copy.is_file() or copy.read_bytes() != (ROOT / name).read_bytes():
                sys.exit(f"{copy.relative_to(ROOT)} has to be a copy of {name}")
        yield f"{package['name']}: licences are the root's"


if __name__ == "__main__":
    main(*sys.argv[1:])
