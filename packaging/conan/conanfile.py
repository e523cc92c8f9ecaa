"""A recipe of Conan 2 for recur, which lies in the sources that it packs: conan create packaging/conan

A recipe of ConanCenter fetches the sources: conandata.yml with the address and hash of a tag, and get() in source().
"""

import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout

required_conan_version = ">=2.0"


class RecurConan(ConanFile):
    name = "recur"
    description = "Recurrent neural networks on Eigen, in headers"
    license = "MIT"
    topics = ("neural-networks", "rnn", "lstm", "eigen", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_json": [True, False], "with_zip": [True, False]}
    default_options = {"with_json": True, "with_zip": False}
    no_copy_source = True

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._root, "include", "recur", "core", "version.hpp"))
        self.version = ".".join(re.findall(r"#define RECUR_VERSION_[A-Z]+ (\d+)", header))

    def export_sources(self):
        copy(self, "LICENSE", self._root, self.export_sources_folder)
        copy(self, "*.hpp", os.path.join(self._root, "include"), os.path.join(self.export_sources_folder, "include"))

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("eigen/[>=3.4 <6]", transitive_headers=True)
        if self.options.with_json or self.options.with_zip:
            self.requires("nlohmann_json/[>=3.10 <4]", transitive_headers=True)
        if self.options.with_zip:
            self.requires("libzip/[>=1.7 <2]", transitive_headers=True)

    def package_id(self):
        self.info.clear()  # headers are the same for all

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "recur")
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []

        def component(name, requires, defines=()):
            part = self.cpp_info.components[name]
            part.set_property("cmake_target_name", f"recur::{name}")
            part.bindirs = []
            part.libdirs = []
            part.requires = list(requires)
            part.defines = list(defines)
            return part

        json = ["nlohmann_json::nlohmann_json"] if self.options.with_json or self.options.with_zip else []
        core = component("recur", ["eigen::eigen", *json])
        core.set_property("pkg_config_name", "recur")
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]
        if self.options.with_zip:
            component("torch", ["recur", "libzip::libzip"], ["RECUR_HAS_TORCH"])
            component("keras", ["recur", "libzip::libzip"], ["RECUR_HAS_KERAS"])
