package io.tributary.server.cli;

import io.tributary.client.sync.Link;
import io.tributary.client.sync.LinkListener;
import io.tributary.core.crypto.EntryCipher;
import io.tributary.core.crypto.Identity;
import io.tributary.core.model.Entry;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.session.ClientEvent;
import io.tributary.core.session.ClientSession;
import io.tributary.core.wire.v3.ClientMessage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Writes one entry on a connection of its own. Confined to the connection's context. */
final class OneWrite implements LinkListener {
  private static final int NORMAL = 1000;

  private final Identity identity;
  private final Entry entry;
  private final boolean plaintext;
  private final ClientSession session = new ClientSession(ClientSession.Options.DEFAULT, now());
  private final Promise<Long> acked = Promise.promise();
  private @Nullable Link link;

  OneWrite(Identity identity, Entry entry, boolean plaintext) {
    this.identity = identity;
    this.entry = entry;
    this.plaintext = plaintext;
  }

  /** The sequence the hub gave it; fails in words. */
  Future<Long> acked() {
    return acked.future();
  }

  @Override
  public void opened(Link opened) {
    link = opened;
  }

  @Override
  public void frame(byte[] frame) {
    session.receive(frame, now());
    ClientEvent event;
    while ((event = session.pollEvent()) != null) {
      on(event);
    }
    flush();
  }

  private void on(ClientEvent event) {
    if (event instanceof ClientEvent.Connected) {
      write();
    } else if (event instanceof ClientEvent.Acked ack) {
      boolean unused = acked.tryComplete(ack.sequences()[0]);
      close("done");
    } else if (event instanceof ClientEvent.WriteRefused refused) {
      fail("the hub refused it: " + refused.message());
    } else if (event instanceof ClientEvent.Failed failed) {
      fail("the server broke the protocol: " + failed.reason());
    }
  }

  private void write() {
    if (plaintext) {
      long unused = session.writeUnencrypted(
          identity.publicKey(),
          List.of(new ClientMessage.PlainItem(
              entry.id().toBytes(),
              entry.event().getBytes(StandardCharsets.UTF_8),
              entry.primaryKey().getBytes(StandardCharsets.UTF_8),
              entry.payload())));
    } else {
      SealedEntry sealed = new EntryCipher(identity).seal(entry);
      long unused = session.write(
          identity.publicKey(),
          sealed.iv(),
          List.of(new ClientMessage.SealedItem(entry.id().toBytes(), sealed.ciphertext())));
    }
  }

  private void flush() {
    Link open = link;
    byte[] frame;
    while (open != null && (frame = session.pollFrame()) != null) {
      open.send(frame);
    }
  }

  private void fail(String reason) {
    boolean unused = acked.tryFail(reason);
    close("failed");
  }

  private void close(String reason) {
    if (link != null) {
      link.close(NORMAL, reason);
    }
  }

  @Override
  public void drained() {}

  @Override
  public void closed(int code, String reason) {
    String why = code == 1008
        ? "not allowed: the token may be read-only or for certain identities only"
        : "the connection was closed before the ack";
    boolean unused = acked.tryFail(why + " (close code " + code + " " + reason + ")");
  }

  @Override
  public void failed(boolean unauthorized, String reason) {
    boolean unused = acked.tryFail(reason);
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
