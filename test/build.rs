//! Generates a gRPC server, and a client to ask it with, for the part of Trillian's interface that
//! `pkg/trillian` calls.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = "../pkg/trillian/proto";
    let trillian = protox::compile(["trillian.proto"], [folder])?;
    tonic_prost_build::configure()
        .build_transport(false)
        .compile_fds(trillian)?;
    println!("cargo::rerun-if-changed={folder}");
    Ok(())
}
