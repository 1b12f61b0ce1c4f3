package io.tributary.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SocketsTest {
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  private Vertx vertx;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void stop() throws Exception {
    done(vertx.close());
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private int serve(Handler<ServerWebSocket> handler) throws Exception {
    return done(vertx
            .createHttpServer(new HttpServerOptions()
                .setHttp2ClearTextEnabled(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setSendBufferSize(4096))
            .requestHandler(request -> request.toWebSocket().onSuccess(handler))
            .listen(0, "127.0.0.1"))
        .actualPort();
  }

  @Test
  void pingsOfAPeerThatDoesNotReadAreNotKept() throws Exception {
    int pings = 200_000;
    AtomicInteger answered = new AtomicInteger();
    int port = serve(ws -> {
      Sockets.limitPings(ws);
      ws.frameHandler(f -> {
        if (f.isPing()) {
          answered.incrementAndGet();
        } else if (f.isBinary()) {
          ws.writeBinaryMessage(Buffer.buffer("last"));
        }
      });
    });
    try (RawWebSocket peer = new RawWebSocket(port)) {
      ByteBuffer batch = ByteBuffer.allocate(1000 * 131);
      for (int i = 0; i < pings; i++) {
        batch.put(
            RawWebSocket.frame(PING, ByteBuffer.allocate(125).putInt(121, i).array()));
        if (!batch.hasRemaining()) {
          peer.send(batch.array());
          batch.clear();
        }
      }
      // everything has been read when this is answered, which waits behind the pongs
      peer.send(RawWebSocket.frame(BINARY, new byte[1]));

      int pongs = 0;
      int newest = -1;
      boolean last = false;
      while (!last || newest != pings - 1) {
        int opcode = peer.read();
        if (opcode == PONG) {
          pongs++;
          newest = ByteBuffer.wrap(peer.payload).getInt(121);
        } else {
          assertThat(opcode).isEqualTo(BINARY);
          last = true;
        }
      }
      assertThat(pongs).isEqualTo(answered.get()).isLessThan(pings / 2);
    }
  }

  @Test
  void everyPingOfAPeerThatReadsIsAnswered() throws Exception {
    int port = serve(Sockets::limitPings);
    try (RawWebSocket peer = new RawWebSocket(port)) {
      for (int i = 0; i < 100; i++) {
        peer.send(RawWebSocket.frame(PING, new byte[] {(byte) i}));
        assertThat(peer.read()).isEqualTo(PONG);
        assertThat(peer.payload).containsExactly(i);
      }
    }
  }

  @Test
  void closeOfAPeerThatDoesNotReadEndsTheConnection() throws Exception {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    int port = serve(ws -> {
      ws.closeHandler(v -> closed.complete(null));
      for (int i = 0; i < 1000; i++) {
        ws.writeBinaryMessage(Buffer.buffer(new byte[60_000]));
      }
      Sockets.close(vertx, ws, 1008, "too slow", 50);
    });
    try (RawWebSocket peer = new RawWebSocket(port)) {
      assertThat(closed).succeedsWithin(20, TimeUnit.SECONDS);
      while (peer.read() == BINARY) {
        // what had been sent
      }
    } catch (SocketException e) {
      // a reset, since something was dropped
    }
  }

  @Test
  void closeTellsItsCode() throws Exception {
    CompletableFuture<Short> closed = new CompletableFuture<>();
    int port = serve(ws -> {
      ws.closeHandler(v -> closed.complete(ws.closeStatusCode()));
      Sockets.close(vertx, ws, 1012, "restarting", 20_000);
    });
    try (RawWebSocket peer = new RawWebSocket(port)) {
      assertThat(peer.read()).isEqualTo(CLOSE);
      assertThat(ByteBuffer.wrap(peer.payload).getShort()).isEqualTo((short) 1012);
      peer.send(RawWebSocket.frame(CLOSE, peer.payload));
      assertThat(peer.read()).isEqualTo(-1);
    }
    await().until(closed::isDone);
    assertThat(closed).isCompletedWithValue((short) 1012);
  }
}
