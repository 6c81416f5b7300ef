//! Generates the gRPC client, without a `protoc` on the machine.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trillian = protox::compile(["proto/trillian.proto"], ["proto"])?;
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .compile_fds(trillian)?;
    println!("cargo::rerun-if-changed=proto");
    Ok(())
}
