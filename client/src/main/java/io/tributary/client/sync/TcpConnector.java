package io.tributary.client.sync;

import io.tributary.core.wire.v3.MalformedMessageException;
import io.tributary.core.wire.v3.MessageSplitter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connects to a hub by TCP: messages are MessagePack values back to back, each written at once. */
final class TcpConnector implements Connector {
  private static final Logger logger = LoggerFactory.getLogger(TcpConnector.class);
  private static final int NO_CLOSE_FRAME = 1006;

  private final NetClient client;
  private final RemoteTarget.Tcp target;
  private final Duration connectTimeout;

  TcpConnector(NetClient client, RemoteTarget.Tcp target, Duration connectTimeout) {
    this.client = client;
    this.target = target;
    this.connectTimeout = connectTimeout;
  }

  @Override
  public String url() {
    return target.toString();
  }

  @Override
  public void connect(LinkListener listener) {
    client
        .connect(
            new ConnectOptions().setHost(target.host()).setPort(target.port()).setTimeout((int)
                connectTimeout.toMillis()))
        .onComplete(done -> {
          if (done.succeeded()) {
            new Stream(done.result(), listener).open();
          } else {
            listener.failed(false, ConnectReasons.of(done.cause(), target.host(), target.port()));
          }
        });
  }

  /** One open connection. Refers to its connector: a client that nobody knows any more is closed. */
  private final class Stream implements Link {
    private final NetSocket socket;
    private final LinkListener listener;
    private final MessageSplitter splitter = new MessageSplitter(Connectors.MAX_MESSAGE);
    private final Outbound outbound;
    private boolean closing;
    private boolean over;
    private @Nullable String trouble;

    Stream(NetSocket socket, LinkListener listener) {
      this.socket = socket;
      this.listener = listener;
      this.outbound = new Outbound(listener::drained);
    }

    void open() {
      socket.handler(this::onRead);
      socket.exceptionHandler(failure -> {
        trouble = failure.getMessage();
        logger.debug("{}: {}", target, failure.toString());
      });
      socket.closeHandler(v -> over());
      listener.opened(this);
    }

    private void over() {
      if (!over) {
        over = true;
        outbound.end();
        listener.closed(NO_CLOSE_FRAME, trouble != null ? trouble : "the connection was closed");
      }
    }

    private void onRead(Buffer read) {
      if (closing || over) {
        return;
      }
      splitter.feed(read);
      try {
        Optional<byte[]> message = splitter.next();
        while (message.isPresent() && !closing && !over) {
          listener.frame(message.get());
          message = splitter.next();
        }
      } catch (MalformedMessageException e) {
        close(0, "not MessagePack: " + e.getMessage());
      }
    }

    @Override
    public void send(byte[] frame) {
      if (!closing && !over) {
        outbound.sending(frame.length, socket.write(Buffer.buffer(frame)));
      }
    }

    @Override
    public boolean isFull() {
      return outbound.isFull();
    }

    @Override
    public void pause() {
      socket.pause();
    }

    @Override
    public void resume() {
      socket.resume();
    }

    @Override
    public void close(int code, String reason) {
      if (closing || over) {
        return;
      }
      closing = true;
      outbound.end();
      trouble = reason;
      socket
          .close()
          .onFailure(failure -> logger.debug("closing a connection: {}", failure.toString()))
          .onComplete(done -> over());
    }
  }
}
