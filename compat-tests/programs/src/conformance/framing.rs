//! Messages on a pipe: four bytes of length, big-endian, then the message.

use std::io;

use meshrpc::prost::Message;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The next message, `None` at the end of the input.
///
/// # Errors
/// When the input breaks off, or is no such message.
pub async fn read<M: Message + Default>(
    input: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<M>> {
    let len = match input.read_u32().await {
        Ok(len) => len,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    if input.take(u64::from(len)).read_to_end(&mut bytes).await? < len as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(M::decode(bytes.as_slice())?))
}

/// Writes one message.
///
/// # Errors
/// When nobody reads any more.
pub async fn write<M: Message>(
    output: &mut (impl AsyncWrite + Unpin),
    message: &M,
) -> io::Result<()> {
    let bytes = message.encode_to_vec();
    let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    output.write_u32(len).await?;
    output.write_all(&bytes).await?;
    output.flush().await
}
