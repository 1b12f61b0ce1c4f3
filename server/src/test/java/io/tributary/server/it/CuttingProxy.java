package io.tributary.server.it;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP connection on the way to a hub that can be cut, refuse, and be listened in on. Thread-safe; its methods are for
 * test threads, and wait.
 */
final class CuttingProxy implements AutoCloseable {
  private final NetServer server;
  private final NetClient client;
  private final Set<NetSocket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong bytesToClient = new AtomicLong();
  private final List<byte[]> sent = new ArrayList<>();
  private volatile boolean refusing;
  private final int port;

  /** One in front of a port of this machine. */
  CuttingProxy(Vertx vertx, int hubPort) {
    client = vertx.createNetClient();
    server = vertx.createNetServer().connectHandler(near -> accept(near, hubPort));
    port = server.listen(0, "127.0.0.1").await().actualPort();
  }

  private void accept(NetSocket near, int hubPort) {
    if (refusing) {
      near.close();
      return;
    }
    connections.incrementAndGet();
    near.pause();
    sockets.add(near);
    near.closeHandler(over -> sockets.remove(near));
    client.connect(hubPort, "127.0.0.1").onComplete(connected -> {
      if (connected.failed()) {
        near.close();
        return;
      }
      NetSocket far = connected.result();
      sockets.add(far);
      far.closeHandler(over -> {
        sockets.remove(far);
        near.close();
      });
      near.closeHandler(over -> {
        sockets.remove(near);
        far.close();
      });
      near.handler(read -> {
        remember(read);
        pass(read, near, far);
      });
      far.handler(read -> {
        bytesToClient.addAndGet(read.length());
        pass(read, far, near);
      });
      near.resume();
    });
  }

  private static void pass(Buffer read, NetSocket from, NetSocket to) {
    to.write(read);
    if (to.writeQueueFull()) {
      from.pause();
      to.drainHandler(drained -> from.resume());
    }
  }

  private void remember(Buffer read) {
    synchronized (sent) {
      sent.add(read.getBytes());
    }
  }

  /** Where it listens. */
  int port() {
    return port;
  }

  /** How many connections it has taken. */
  int connections() {
    return connections.get();
  }

  /** How many bytes the hub has sent through it. */
  long bytesToClient() {
    return bytesToClient.get();
  }

  /** Everything that clients have sent, the masks of WebSocket frames included. */
  Buffer sent() {
    Buffer all = Buffer.buffer();
    synchronized (sent) {
      sent.forEach(all::appendBytes);
    }
    return all;
  }

  /** Ends all connections, at once. */
  void cut() {
    sockets.forEach(NetSocket::close);
  }

  /** Takes no connections from now on, or takes them again; ends those there are. */
  void refuse(boolean refusing) {
    this.refusing = refusing;
    cut();
  }

  @Override
  public void close() {
    server.close().await();
    client.close().await();
  }
}
