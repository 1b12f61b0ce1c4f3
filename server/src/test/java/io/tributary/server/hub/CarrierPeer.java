package io.tributary.server.hub;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.sync.Connector;
import io.tributary.client.sync.Link;
import io.tributary.client.sync.LinkListener;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Who connects by a connector, and keeps what it is told. For one thread. */
final class CarrierPeer implements LinkListener {
  private static final long PATIENCE_SECONDS = 60;

  private final Context context;
  private final CompletableFuture<Link> link = new CompletableFuture<>();
  private final CompletableFuture<String> ended = new CompletableFuture<>();
  final BlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
  final AtomicInteger drained = new AtomicInteger();
  private final AtomicBoolean elsewhere = new AtomicBoolean();
  private final AtomicInteger endings = new AtomicInteger();

  CarrierPeer(Vertx vertx, Connector connector) {
    context = vertx.getOrCreateContext();
    context.runOnContext(v -> connector.connect(this));
  }

  private void here() {
    if (Vertx.currentContext() != context || ended.isDone()) {
      elsewhere.set(true);
    }
  }

  @Override
  public void opened(Link opened) {
    here();
    link.complete(opened);
  }

  @Override
  public void frame(byte[] frame) {
    here();
    frames.add(frame);
  }

  @Override
  public void drained() {
    here();
    int unused = drained.incrementAndGet();
  }

  @Override
  public void closed(int code, String reason) {
    here();
    end("closed " + code + " " + reason);
  }

  @Override
  public void failed(boolean unauthorized, String reason) {
    here();
    end("failed " + (unauthorized ? "unauthorized " : "") + reason);
  }

  private void end(String how) {
    int unused = endings.incrementAndGet();
    ended.complete(how);
  }

  /** Does something with the open link, and waits for it. */
  <T extends @Nullable Object> T ask(Function<Link, T> action) {
    Link opened = get(link);
    CompletableFuture<T> done = new CompletableFuture<>();
    context.runOnContext(v -> {
      try {
        done.complete(action.apply(opened));
      } catch (RuntimeException e) {
        done.completeExceptionally(e);
      }
    });
    return get(done);
  }

  void tell(Consumer<Link> action) {
    boolean unused = ask(opened -> {
      action.accept(opened);
      return true;
    });
  }

  void send(ClientMessage message) {
    tell(opened -> opened.send(V3Codec.encode(message)));
  }

  byte[] nextFrame() {
    try {
      byte[] frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(frame).as("a frame").isNotNull();
      return requireNonNull(frame);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  ServerMessage next() {
    try {
      return V3Codec.decodeServer(nextFrame());
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  /** How it ended; told once, and everything on its context. */
  String awaitEnd() {
    String how = get(ended);
    CompletableFuture<Boolean> later = new CompletableFuture<>();
    context.runOnContext(v -> later.complete(true));
    assertThat(get(later)).isTrue();
    assertThat(endings).hasValue(1);
    assertThat(elsewhere).as("told elsewhere, or after the end").isFalse();
    return how;
  }

  private static <T extends @Nullable Object> T get(CompletableFuture<T> future) {
    return future.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }
}
