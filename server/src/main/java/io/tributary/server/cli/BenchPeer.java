package io.tributary.server.cli;

import io.tributary.core.wire.v3.ChunkAssembler;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One connection of a bench. Confined to its loop. */
abstract class BenchPeer implements BenchSocket.Receiver, BenchScanner.Entries {
  /** A hub may send its whole backlog as one message. */
  private static final long MAX_ASSEMBLY_BYTES = 2_000_000_000;

  final BenchLoop loop;
  private final Promise<Void> ready = Promise.promise();
  private @Nullable BenchSocket socket;
  private @Nullable ChunkAssembler chunks;
  private boolean closing;

  BenchPeer(BenchLoop loop) {
    this.loop = loop;
  }

  /** Hello has come. */
  abstract void hello();

  /** A ping is answered. */
  void pong() {}

  /** A write is acked. */
  void ack(int id, int count) {}

  @Override
  public void entry(double sequence, byte[] frame, int from, int length) {}

  @Override
  public void readDone() {}

  /** Done when {@link #ready()} has been called. */
  final Future<Void> whenReady() {
    return ready.future();
  }

  final void ready() {
    ready.tryComplete();
  }

  final BenchSocket socket() {
    if (socket == null) {
      throw new IllegalStateException("not connected");
    }
    return socket;
  }

  final void send(ClientMessage message) {
    socket().send(V3Codec.encode(message));
  }

  /** Closes the connection; that it ends is no failure from now on. */
  final Future<Void> close() {
    closing = true;
    return socket == null ? Future.succeededFuture() : socket.close();
  }

  @Override
  public final void opened(BenchSocket opened) {
    socket = opened;
  }

  @Override
  public final void message(byte[] bytes, int from, int to) {
    try {
      BenchScanner scanner = loop.scanner();
      switch (scanner.scan(bytes, from, to, this)) {
        case HELLO -> hello();
        case ACK -> ack((int) scanner.id, scanner.count);
        case PONG -> pong();
        case CHANGES -> {}
        case CHUNK -> chunk(Arrays.copyOfRange(bytes, from, to));
        case OTHER -> loop.fail("a frame that is no message of a v3 hub");
      }
    } catch (BenchScanner.BadFrameException | MalformedMessageException e) {
      loop.fail("unreadable frame: " + e.getMessage());
    }
  }

  @Override
  public final void closed(String why) {
    if (!closing) {
      loop.fail("the hub ended a connection: " + why);
    }
  }

  private void chunk(byte[] frame) throws MalformedMessageException {
    if (!(V3Codec.decodeServer(frame) instanceof ServerMessage.Chunked part)) {
      throw new MalformedMessageException("a chunk that is none");
    }
    if (chunks == null) {
      chunks = new ChunkAssembler(MAX_ASSEMBLY_BYTES);
    }
    Optional<List<byte[]>> parts = chunks.add(part.chunk(), 0);
    if (parts.isPresent()) {
      byte[] whole = join(parts.get());
      message(whole, 0, whole.length);
    }
  }

  private static byte[] join(List<byte[]> parts) {
    int length = 0;
    for (byte[] part : parts) {
      length = Math.addExact(length, part.length);
    }
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }
}
