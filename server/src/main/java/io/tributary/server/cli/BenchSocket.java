package io.tributary.server.cli;

import io.tributary.core.session.RemoteUrl;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of a WebSocket, as bare as a load generator can have it: a read of many small
 * frames costs one event, and frames to send are made beforehand. Only what hubs do is understood; no
 * extension is offered.
 *
 * <p>Confined to the event loop it was connected on.
 */
final class BenchSocket {
  /** Who gets what arrives. */
  interface Receiver {
    /** The upgrade was accepted; called once, before anything else. */
    void opened(BenchSocket socket);

    /** A whole binary message: {@code bytes} from {@code from} to {@code to}, valid for this call. */
    void message(byte[] bytes, int from, int to);

    /** Everything that arrived together has been handed over. */
    void readDone();

    /** The connection has ended; called once after opened, also if this side closed it. */
    void closed(String why);
  }

  private static final int MAX_HEAD_BYTES = 16 * 1024;
  private static final byte[] NONE = {};

  private final NetSocket socket;
  private final Promise<Void> upgraded = Promise.promise();
  private final BenchScratch scratch;
  private final Receiver receiver;
  private boolean open;
  private String whyClosed = "the connection was cut";

  /** What has arrived of a frame that isn't complete yet. */
  private byte[] partial = NONE;

  private int partialLength;

  /** What has arrived of a message in several frames. */
  private byte[] fragments = NONE;

  private BenchSocket(NetSocket socket, BenchScratch scratch, Receiver receiver) {
    this.socket = socket;
    this.scratch = scratch;
    this.receiver = receiver;
  }

  /**
   * Connects and upgrades, on the caller's event loop.
   *
   * @param scratch the event loop's
   * @return fails with a reason for people
   */
  static Future<Void> connect(
      NetClient client,
      RemoteUrl url,
      @Nullable String token,
      BenchScratch scratch,
      Receiver receiver) {
    return client.connect(url.port(), url.host()).compose(netSocket -> {
      BenchSocket socket = new BenchSocket(netSocket, scratch, receiver);
      netSocket.handler(socket::read);
      netSocket.exceptionHandler(cause -> socket.whyClosed = String.valueOf(cause.getMessage()));
      netSocket.closeHandler(ignored -> socket.ended());
      return netSocket
          .write(upgradeRequest(url, token))
          .compose(ignored -> socket.upgraded.future());
    });
  }

  /** Sends frames as they are. */
  void write(Buffer frames) {
    socket.write(frames).onFailure(cause -> whyClosed = String.valueOf(cause.getMessage()));
  }

  /** Sends one message, masked. */
  void send(byte[] message) {
    write(Buffer.buffer(BenchFrame.binary(message, ThreadLocalRandom.current().nextInt())));
  }

  /** Says goodbye and closes. */
  Future<Void> close() {
    if (!open) {
      return Future.succeededFuture();
    }
    byte[] normal = {(byte) (1000 >> 8), (byte) 1000};
    return socket
        .write(Buffer.buffer(BenchFrame.frame(BenchFrame.CLOSE, normal, 0)))
        .eventually(socket::close);
  }

  private void read(Buffer buffer) {
    int length = partialLength + buffer.length();
    byte[] bytes;
    if (partialLength == 0) {
      bytes = scratch.ofAtLeast(length);
    } else {
      if (partial.length < length) {
        partial = Arrays.copyOf(partial, Math.max(length, 2 * partial.length));
      }
      bytes = partial;
    }
    buffer.getBytes(bytes, partialLength);
    consume(bytes, length);
  }

  private void consume(byte[] bytes, int length) {
    int at = 0;
    if (!open) {
      at = head(bytes, length);
    }
    if (open) {
      int next;
      while ((next = frame(bytes, at, length)) > at) {
        at = next;
      }
      receiver.readDone();
    }
    keep(bytes, at, length);
  }

  /** Remembers what is left of a read, and no more than that. */
  private void keep(byte[] bytes, int from, int to) {
    partialLength = to - from;
    if (partialLength == 0) {
      partial = NONE;
    } else if (bytes == partial) {
      System.arraycopy(bytes, from, partial, 0, partialLength);
    } else {
      partial = Arrays.copyOfRange(bytes, from, to);
    }
  }

  /** Reads the answer to the upgrade; where it ends, or 0 if it isn't complete. */
  private int head(byte[] bytes, int length) {
    String text =
        new String(bytes, 0, Math.min(length, MAX_HEAD_BYTES), StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      if (length >= MAX_HEAD_BYTES) {
        refuse("the answer to the upgrade has no end");
      }
      return 0;
    }
    if (!text.startsWith("HTTP/1.1 101")) {
      refuse("the upgrade was refused: " + text.lines().findFirst().orElse(""));
      return 0;
    }
    open = true;
    receiver.opened(this);
    upgraded.tryComplete();
    return end + 4;
  }

  private void refuse(String why) {
    whyClosed = why;
    upgraded.tryFail(why);
    socket.close().onFailure(cause -> whyClosed = why);
  }

  /** Reads one frame; where it ends, or {@code at} if it isn't complete. */
  private int frame(byte[] bytes, int at, int length) {
    if (length - at < 2) {
      return at;
    }
    int opcode = bytes[at] & 0x0f;
    boolean last = (bytes[at] & 0x80) != 0;
    long size = bytes[at + 1] & 0x7f;
    int from = at + 2;
    if (size >= 126) {
      int lengthBytes = size == 126 ? 2 : 8;
      if (length - from < lengthBytes) {
        return at;
      }
      size = 0;
      for (int i = 0; i < lengthBytes; i++) {
        size = (size << 8) | (bytes[from++] & 0xff);
      }
    }
    if (size > length - from) {
      return at;
    }
    int end = from + (int) size;
    switch (opcode) {
      case BenchFrame.BINARY, BenchFrame.CONTINUATION -> data(bytes, from, end, last);
      case BenchFrame.PING ->
        write(Buffer.buffer(
            BenchFrame.frame(BenchFrame.PONG, Arrays.copyOfRange(bytes, from, end), 0)));
      case BenchFrame.PONG -> {}
      case BenchFrame.CLOSE -> closing(bytes, from, end);
      default -> refuse("the hub sent a frame of kind " + opcode);
    }
    return end;
  }

  private void data(byte[] bytes, int from, int end, boolean last) {
    if (last && fragments.length == 0) {
      receiver.message(bytes, from, end);
      return;
    }
    int before = fragments.length;
    fragments = Arrays.copyOf(fragments, before + end - from);
    System.arraycopy(bytes, from, fragments, before, end - from);
    if (last) {
      byte[] whole = fragments;
      fragments = NONE;
      receiver.message(whole, 0, whole.length);
    }
  }

  private void closing(byte[] bytes, int from, int end) {
    if (end - from >= 2) {
      int code = ((bytes[from] & 0xff) << 8) | (bytes[from + 1] & 0xff);
      whyClosed = "closed with " + code + " "
          + new String(bytes, from + 2, end - from - 2, StandardCharsets.UTF_8);
    } else {
      whyClosed = "closed without a code";
    }
    socket.close().onFailure(cause -> whyClosed += ", " + cause.getMessage());
  }

  private void ended() {
    upgraded.tryFail(whyClosed);
    if (open) {
      open = false;
      receiver.closed(whyClosed);
    }
  }

  private static Buffer upgradeRequest(RemoteUrl url, @Nullable String token) {
    byte[] key = new byte[16];
    ThreadLocalRandom.current().nextBytes(key);
    return Buffer.buffer("GET "
        + url.path()
        + " HTTP/1.1\r\nHost: "
        + url.authority()
        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: "
        + Base64.getEncoder().encodeToString(key)
        + (token == null ? "" : "\r\nAuthorization: Bearer " + token)
        + "\r\n\r\n");
  }
}
