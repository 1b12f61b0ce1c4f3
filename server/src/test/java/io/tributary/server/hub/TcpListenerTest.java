package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.MessageSplitter;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.tributary.server.config.AdminConfig;
import io.tributary.server.config.HubConfig;
import io.tributary.server.config.StorageConfig;
import io.tributary.server.config.TcpConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TcpListenerTest {
  private static final int MAX_MESSAGE = 64 * 1024;

  @TempDir
  private Path directory;

  private Vertx vertx;
  private Hub hub;

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    hub = await(Hub.start(
        vertx,
        HubConfig.builder()
            .port(0)
            .storage(StorageConfig.memory())
            .admin(new AdminConfig("127.0.0.1", 0, null, directory.resolve("admin-token")))
            .tcp(new TcpConfig(true, "127.0.0.1", 0, "default"))
            .build()));
  }

  @AfterEach
  void stop() throws Exception {
    Void unused = await(hub.stop());
    unused = await(vertx.close());
  }

  @Test
  void messagesMayBeCutAndJoinedAnyhow() throws Exception {
    byte[] ping = V3Codec.encode(new ClientMessage.Ping(7));
    byte[] request = V3Codec.encode(new ClientMessage.RequestChanges("k", 0, false));
    try (Peer peer = new Peer()) {
      assertThat(peer.next()).isInstanceOf(ServerMessage.Hello.class);
      for (byte b : Buffer.buffer().appendBytes(write(0, 1)).appendBytes(ping).getBytes()) {
        peer.send(new byte[] {b});
      }
      assertThat(List.of(peer.next(), peer.next()))
          .hasAtLeastOneElementOfType(ServerMessage.Ack.class)
          .hasAtLeastOneElementOfType(ServerMessage.Pong.class);
      peer.send(Buffer.buffer().appendBytes(request).appendBytes(write(1, 2)).getBytes());
      ServerMessage.Changes changes = (ServerMessage.Changes) peer.next();
      assertThat(changes.entries()).hasSize(1);
      assertThat(changes.entries().get(0).sequence()).isEqualTo(1);
      assertThat(((ServerMessage.Ack) peer.next()).sequenceNumbers()).containsExactly(2);
    }
  }

  @Test
  void garbageEndsOnlyItsOwnConnection() throws Exception {
    try (Peer good = new Peer();
        Peer bad = new Peer()) {
      assertThat(good.next()).isInstanceOf(ServerMessage.Hello.class);
      assertThat(bad.next()).isInstanceOf(ServerMessage.Hello.class);
      bad.send(new byte[] {(byte) 0xc1, 1, 2, 3});
      bad.awaitEnd();
      good.send(write(0, 1));
      assertThat(((ServerMessage.Ack) good.next()).sequenceNumbers()).containsExactly(1);
    }
  }

  @Test
  void aMessageAnnouncedTooLongIsCutOff() throws Exception {
    try (Peer peer = new Peer()) {
      assertThat(peer.next()).isInstanceOf(ServerMessage.Hello.class);
      peer.send(new byte[] {(byte) 0xdb, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff});
      peer.awaitEnd();
    }
  }

  @Test
  void oneConnectionsEntriesReachTheOther() throws Exception {
    try (Peer writer = new Peer();
        Peer reader = new Peer()) {
      assertThat(writer.next()).isInstanceOf(ServerMessage.Hello.class);
      assertThat(reader.next()).isInstanceOf(ServerMessage.Hello.class);
      reader.send(V3Codec.encode(new ClientMessage.RequestChanges("k", 0, false)));
      writer.send(write(0, 5));
      assertThat(writer.next()).isInstanceOf(ServerMessage.Ack.class);
      assertThat(((ServerMessage.Changes) reader.next()).publicKey()).isEqualTo("k");
    }
  }

  private static byte[] write(double id, int entry) {
    byte[] entryId = new byte[16];
    entryId[5] = (byte) entry;
    entryId[6] = 0x70;
    entryId[8] = (byte) 0x80;
    return V3Codec.encode(new ClientMessage.WriteEntries(
        "k", id, new byte[12], List.of(new ClientMessage.SealedItem(entryId, new byte[40]))));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** A client on a plain socket. */
  private final class Peer implements AutoCloseable {
    private final Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), hub.tcpPort().orElseThrow());
    private final MessageSplitter splitter = new MessageSplitter(MAX_MESSAGE);

    Peer() throws IOException {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
    }

    void send(byte[] bytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    }

    ServerMessage next() throws Exception {
      Optional<byte[]> message = splitter.next();
      while (message.isEmpty()) {
        byte[] read = new byte[4096];
        int n = socket.getInputStream().read(read);
        assertThat(n).as("bytes read, -1 = the hub has closed the connection").isPositive();
        splitter.feed(Buffer.buffer(n).appendBytes(read, 0, n));
        message = splitter.next();
      }
      return V3Codec.decodeServer(message.get());
    }

    void awaitEnd() throws IOException {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
