package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.model.Entry;
import io.tributary.core.wire.v3.ChangesEncoder;
import io.tributary.core.wire.v3.ChunkAssembler;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ClientMessage.WriteEntries;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.buffer.Buffer;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A peer on a plain socket, which frames WebSocket by hand so that it can misbehave, and reads only
 * when it is told to. It holds the hub to the wire: what it reads is checked, every frame. For one
 * thread.
 */
final class RawClient implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  /** Longer than anything takes that does happen. */
  private static final int PATIENCE_MS = 60_000;

  /** A frame as it came. */
  record Frame(int opcode, byte[] payload) {}

  /**
   * How a connection ended.
   *
   * @param code 1006 if there was no close frame
   */
  record Closed(int code, String reason) {}

  /** The hub has closed where a message was expected. */
  static final class ClosedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    final int code;

    ClosedException(Closed closed) {
      super("closed with " + closed.code() + ": " + closed.reason());
      this.code = closed.code();
    }
  }

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final OutputStream out;
  private final ChunkAssembler chunks = new ChunkAssembler(1 << 30);
  private final String head;
  private int frames;
  private int longest;
  private boolean plain;

  private RawClient(int port, String request, int receiveBuffer) throws IOException {
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MS);
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    out = socket.getOutputStream();
    out.write(request.getBytes(StandardCharsets.ISO_8859_1));
    head = request.isEmpty() ? "" : readHead();
  }

  /** A socket on which nothing was said yet. */
  static RawClient silent(int port) {
    return begin(port, "", 0);
  }

  /** Says anything instead of a handshake, and reads the head of the answer. */
  static RawClient asking(int port, String request) {
    return begin(port, request, 0);
  }

  /** Asks for a WebSocket; {@link #status} tells the answer. */
  static RawClient upgrade(int port, String path, String... headers) {
    return begin(port, upgradeRequest(path, headers), 0);
  }

  /** The same, on a socket that takes little while it isn't read. */
  static RawClient upgradeNarrow(int port, String path) {
    return begin(port, upgradeRequest(path), 4096);
  }

  private static RawClient begin(int port, String request, int receiveBuffer) {
    try {
      return new RawClient(port, request, receiveBuffer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String upgradeRequest(String path, String... headers) {
    StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\n")
        .append("Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
        .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return request.append("\r\n").toString();
  }

  private String readHead() throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      int c = in.read();
      if (c < 0) {
        return text.toString();
      }
      text.append((char) c);
    }
    return text.toString();
  }

  /** The status of the answer; 0 if the connection was ended without one. */
  int status() {
    return head.isEmpty() ? 0 : Integer.parseInt(head.split(" ", 3)[1]);
  }

  /** A header of the answer. */
  Optional<String> header(String name) {
    return head.lines()
        .filter(
            line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst();
  }

  /** From now on also what only peers of stores in the clear may be sent is expected. */
  RawClient speaksPlain() {
    plain = true;
    return this;
  }

  /** How many frames with messages have been read. */
  int frames() {
    return frames;
  }

  /** The bytes of the longest of them. */
  int longest() {
    return longest;
  }

  /** Bytes as they are. */
  void sendRaw(byte[] bytes) {
    try {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One frame. */
  void sendFrame(int opcode, byte[] payload) {
    sendRaw(frame(0x80 | opcode, payload));
  }

  /** One binary frame with anything in it. */
  void sendBinary(byte[] payload) {
    sendFrame(BINARY, payload);
  }

  /** Each message in a frame, all in one write; entries in chunks if they are too long for one. */
  void send(ClientMessage... messages) {
    Buffer all = Buffer.buffer();
    for (ClientMessage message : messages) {
      byte[] encoded = V3Codec.encode(message);
      if (message instanceof WriteEntries write) {
        for (Buffer piece : ChangesEncoder.chunk(write.id(), encoded)) {
          all.appendBytes(frame(0x80 | BINARY, piece.getBytes()));
        }
      } else {
        all.appendBytes(frame(0x80 | BINARY, encoded));
      }
    }
    sendRaw(all.getBytes());
  }

  /** A frame as a client has to send it. */
  static byte[] frame(int firstByte, byte[] payload) {
    byte[] mask = {0x1f, (byte) 0xe2, 0x33, 0x74};
    ByteBuffer frame = ByteBuffer.allocate(14 + payload.length).put((byte) firstByte);
    if (payload.length < 126) {
      frame.put((byte) (0x80 | payload.length));
    } else if (payload.length < 65_536) {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(payload.length);
    }
    frame.put(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ mask[i & 3]));
    }
    return Arrays.copyOf(frame.array(), frame.position());
  }

  /** Reads a frame; pings of the hub are none of its messages and would be found here. */
  Frame readFrame() throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    assertThat(first & 0xf0).as("final, no reserved bits").isEqualTo(0x80);
    assertThat(second & 0x80).as("a server does not mask").isZero();
    long length = second & 0x7f;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    byte[] payload = new byte[Math.toIntExact(length)];
    in.readFully(payload);
    return new Frame(first & 0xf, payload);
  }

  /** The next message, put together from its chunks. */
  ServerMessage next() {
    while (true) {
      byte[] bytes = nextFrame();
      try {
        ServerMessage message = V3Codec.decodeServer(bytes);
        if (!(message instanceof ServerMessage.Chunked chunked)) {
          return message;
        }
        Optional<List<byte[]>> joined = chunks.add(chunked.chunk(), 0);
        if (joined.isPresent()) {
          return V3Codec.decodeServer(joined.get());
        }
      } catch (MalformedMessageException e) {
        throw new AssertionError("the hub sent what is no message", e);
      }
    }
  }

  /** The bytes of the next frame with a message. */
  byte[] nextFrame() {
    try {
      Frame frame = readFrame();
      if (frame.opcode == CLOSE) {
        throw new ClosedException(closed(frame.payload));
      }
      assertThat(frame.opcode).as("only binary frames are messages").isEqualTo(BINARY);
      Dialect.check(frame.payload, plain);
      frames++;
      longest = Math.max(longest, frame.payload.length);
      return frame.payload;
    } catch (EOFException | SocketException e) {
      throw new ClosedException(new Closed(1006, String.valueOf(e.getMessage())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Closed closed(byte[] payload) {
    return payload.length < 2
        ? new Closed(1005, "")
        : new Closed(
            ByteBuffer.wrap(payload).getShort() & 0xffff,
            new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8));
  }

  /** Reads until the hub closes, answers its close frame, and waits until the connection is down. */
  @CanIgnoreReturnValue
  Closed awaitClosed() {
    Closed how = new Closed(1006, "");
    try {
      while (true) {
        Frame frame = readFrame();
        if (frame.opcode == CLOSE) {
          how = closed(frame.payload);
          sendFrame(CLOSE, frame.payload);
        }
      }
    } catch (EOFException | SocketException e) {
      // that is the end
    } catch (UncheckedIOException e) {
      // the hub did not wait for the answer
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertThat(how.code()).as("a v3 client takes 1000 for the end").isNotEqualTo(1000);
    return how;
  }

  ServerMessage.Ack ack() {
    return expect(ServerMessage.Ack.class);
  }

  /** The sequences of the next ack, which is for the write of that id. */
  List<Long> acked(double id) {
    ServerMessage.Ack ack = ack();
    assertThat(ack.id()).isEqualTo(id);
    return Arrays.stream(ack.sequenceNumbers()).mapToObj(n -> (long) n).toList();
  }

  ServerMessage.Changes changes() {
    return expect(ServerMessage.Changes.class);
  }

  /** Reads nothing but changes of a key until there are {@code n} entries. */
  List<ServerMessage.SealedChange> changes(String publicKey, int n) {
    Iterator<ServerMessage.SealedChange> entries = Stream.generate(this::changes)
        .peek(changes -> assertThat(changes.publicKey()).isEqualTo(publicKey))
        .flatMap(changes -> changes.entries().stream())
        .iterator();
    List<ServerMessage.SealedChange> some = new java.util.ArrayList<>(n);
    while (some.size() < n) {
      some.add(entries.next());
    }
    return some;
  }

  /** The same, only their sequences. */
  List<Long> sequences(String publicKey, int n) {
    return changes(publicKey, n).stream().map(entry -> (long) entry.sequence()).toList();
  }

  @CanIgnoreReturnValue
  <T extends ServerMessage> T expect(Class<T> kind) {
    ServerMessage message = next();
    assertThat(message).isInstanceOf(kind);
    return kind.cast(message);
  }

  /** Writes, and reads the ack, which has to be the next message. */
  @CanIgnoreReturnValue
  List<Long> write(String publicKey, double id, List<SealedItem> entries) {
    send(Entries.write(publicKey, id, entries));
    List<Long> sequences = acked(id);
    assertThat(sequences).hasSameSizeAs(entries);
    return sequences;
  }

  void subscribe(String publicKey, double start) {
    send(new ClientMessage.RequestChanges(publicKey, start, false));
  }

  /** The same for the store in the clear. */
  void subscribePlain(String publicKey, double start) {
    send(new ClientMessage.RequestChanges(publicKey, start, true));
  }

  /** Writes in the clear, and reads the ack, which has to be the next message. */
  @CanIgnoreReturnValue
  List<Long> writePlain(String publicKey, double id, List<Entry> entries) {
    send(PlainEntries.write(publicKey, id, entries));
    List<Long> sequences = acked(id);
    assertThat(sequences).hasSameSizeAs(entries);
    return sequences;
  }

  /** Reads nothing but changes of a key in the clear until there are {@code n} entries. */
  List<ServerMessage.PlainChange> plainChanges(String publicKey, int n) {
    List<ServerMessage.PlainChange> some = new java.util.ArrayList<>(n);
    while (some.size() < n) {
      ServerMessage.ChangesUnencrypted changes = expect(ServerMessage.ChangesUnencrypted.class);
      assertThat(changes.publicKey()).isEqualTo(publicKey);
      some.addAll(changes.entries());
    }
    assertThat(some).hasSize(n);
    return some;
  }

  /** The same, only their sequences. */
  List<Long> plainSequences(String publicKey, int n) {
    return plainChanges(publicKey, n).stream()
        .map(change -> (long) change.remoteSequence())
        .toList();
  }

  /** The next message has to be a refusal. */
  ServerMessage.Refusal refusal() {
    return expect(ServerMessage.Refusal.class);
  }

  /** Whatever was due before this has been read once the pong is there: nothing was. */
  void expectNothing() {
    send(Entries.write("the key of nothing", 424_242, List.of()));
    assertThat(acked(424_242)).isEmpty();
  }

  void ping(double id) {
    send(new ClientMessage.Ping(id));
  }

  /** Pings, and the answer has to be the next message. */
  void pingPong(double id) {
    ping(id);
    assertThat(expect(ServerMessage.Pong.class)).isEqualTo(new ServerMessage.Pong(id));
  }

  /** Pings, and reads over what comes before the answer. */
  void pingPongEventually(double id) {
    ping(id);
    ServerMessage pong = new ServerMessage.Pong(id);
    while (!next().equals(pong)) {
      // that was due before
    }
  }

  /** Ends the connection without a word. */
  @Override
  public void close() {
    try {
      if (!socket.isClosed()) {
        socket.setSoLinger(true, 0);
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
