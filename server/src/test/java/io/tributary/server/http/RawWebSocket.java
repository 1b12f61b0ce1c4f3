package io.tributary.server.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A WebSocket client that does only what it is told, and reads only when it is told to. */
final class RawWebSocket implements AutoCloseable {
  private final Socket socket = new Socket();
  private final InputStream in;
  private final OutputStream out;

  RawWebSocket(int port) throws IOException {
    // small, so that the other side's queue fills soon
    socket.setReceiveBufferSize(4096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(20_000);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    out.write("""
        GET / HTTP/1.1
        Host: 127.0.0.1
        Connection: Upgrade
        Upgrade: websocket
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
        Sec-WebSocket-Version: 13

        """.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        throw new IOException("refused: " + head);
      }
      head.append((char) c);
    }
  }

  /** Bytes as they are. */
  void send(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** A frame of at most 125 bytes, masked with zeros. */
  static byte[] frame(int opcode, byte[] payload) {
    return ByteBuffer.allocate(6 + payload.length)
        .put((byte) (0x80 | opcode))
        .put((byte) (0x80 | payload.length))
        .putInt(0)
        .put(payload)
        .array();
  }

  /**
   * The next frame's opcode, with its payload in {@code payload}.
   *
   * @return -1 at the end
   */
  int read() throws IOException {
    int first = in.read();
    if (first < 0) {
      return -1;
    }
    int length = in.read();
    if (length == 126) {
      length = in.read() << 8 | in.read();
    } else if (length == 127) {
      length = ByteBuffer.wrap(in.readNBytes(8)).getInt(4);
    }
    payload = in.readNBytes(length);
    return first & 0xf;
  }

  byte[] payload = new byte[0];

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
