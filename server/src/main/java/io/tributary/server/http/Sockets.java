package io.tributary.server.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import org.jspecify.annotations.Nullable;

/**
 * What Vert.x leaves open about WebSockets whose peer does not read. To be called on the socket's
 * event loop.
 */
public final class Sockets {
  private static final int MAX_GATHERED = 256;

  private Sockets() {}

  /**
   * Bounds what a peer's WebSocket pings cost. Vert.x answers every one, by a queue without end, and
   * also while the socket is paused. With this, no more than one waits while the peer does not read:
   * the newest, which is the only one that RFC 6455, 5.5.3 wants answered.
   *
   * <p>To be called once, right after the upgrade.
   */
  public static void limitPings(ServerWebSocket socket) {
    ChannelHandlerContext context = context(socket);
    context.pipeline().addBefore(context.name(), "newest-ping", new NewestPing());
  }

  /**
   * Sends what is written in one turn of the event loop together. Vert.x makes a system call of every
   * message that isn't written while reading, which costs several times what the rest of a small
   * write does.
   *
   * <p>To be called once, right after the upgrade.
   */
  public static void gatherWrites(ServerWebSocket socket) {
    context(socket)
        .pipeline()
        .addFirst("gather-writes", new FlushConsolidationHandler(MAX_GATHERED, true));
  }

  /**
   * Closes with a code, and ends the connection after {@code patienceMs} if the peer has not read or
   * answered that by then. Without, a close waits for ever behind what a peer does not read.
   *
   * @param code close code
   * @param reason for the peer, at most 123 bytes in UTF-8
   * @param patienceMs milliseconds, positive
   */
  public static void close(
      Vertx vertx, ServerWebSocket socket, int code, String reason, long patienceMs) {
    long timer = vertx.setTimer(patienceMs, t -> terminate(socket));
    socket.close((short) code, reason).onComplete(done -> vertx.cancelTimer(timer));
  }

  /** Ends the connection at once; what waits to be sent is dropped. The peer sees 1006. */
  public static void terminate(ServerWebSocket socket) {
    var unused = context(socket).close();
  }

  private static ChannelHandlerContext context(ServerWebSocket socket) {
    return ((WebSocketInternal) socket).channelHandlerContext();
  }

  /** Holds back pings while the channel isn't writable, all but the newest of them for good. */
  private static final class NewestPing extends ChannelInboundHandlerAdapter {
    private @Nullable PingWebSocketFrame waiting;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof PingWebSocketFrame ping && !ctx.channel().isWritable()) {
        drop();
        waiting = ping;
      } else {
        ctx.fireChannelRead(message);
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      ctx.fireChannelWritabilityChanged();
      PingWebSocketFrame ping = waiting;
      if (ping != null && ctx.channel().isWritable()) {
        waiting = null;
        ctx.fireChannelRead(ping);
        ctx.fireChannelReadComplete();
      }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      drop();
    }

    private void drop() {
      PingWebSocketFrame ping = waiting;
      if (ping != null) {
        waiting = null;
        ping.release();
      }
    }
  }
}
