package io.tributary.server.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.tributary.client.sync.Connector;
import io.tributary.client.sync.Connectors;
import io.tributary.client.sync.Link;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.RemoteOptions.Carrier;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.server.config.AuthConfig;
import io.tributary.server.config.TcpConfig;
import io.tributary.server.config.TokenRule;
import io.tributary.server.metrics.HubMetrics.Transport;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PfxOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The replica's connectors against real listeners. */
class CarriersTest {
  private static final String TENANT = "default";
  private static final int MIB = 1 << 20;

  enum Way {
    WEBSOCKET,
    TCP,
    IN_PROCESS
  }

  private Vertx vertx;
  private Connectors connectors;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    connectors = new Connectors(vertx);
  }

  @AfterEach
  void close() {
    Void unused = TestHub.get(connectors.close());
    unused = TestHub.get(vertx.close());
  }

  private static TestHub hub() {
    return TestHub.start(TestHub.config().tcp(new TcpConfig(true, "127.0.0.1", 0, TENANT)));
  }

  private Connector connector(TestHub hub, Way way) {
    return switch (way) {
      case WEBSOCKET -> socket(hub).build(connectors);
      case TCP ->
        connectors.connector(
            RemoteOptions.builder("tcp://127.0.0.1:" + hub.hub().tcpPort().orElseThrow())
                .build());
      case IN_PROCESS ->
        connectors.connector(RemoteOptions.builder(hub.hub().connector(TENANT)).build());
    };
  }

  /** Options towards a hub. */
  private record Options(RemoteOptions.Builder builder) {
    Connector build(Connectors connectors) {
      return connectors.connector(builder.build());
    }
  }

  private static Options socket(TestHub hub) {
    return new Options(RemoteOptions.builder("ws://127.0.0.1:" + hub.port()).tenant(TENANT));
  }

  private CarrierPeer peer(TestHub hub, Way way) {
    CarrierPeer peer = new CarrierPeer(vertx, connector(hub, way));
    assertThat(peer.next()).isInstanceOf(ServerMessage.Hello.class);
    return peer;
  }

  private static ClientMessage write(long id, int bytes) {
    byte[] entryId = new EntryIdGenerator(InstantSource.system()).next().toBytes();
    return new ClientMessage.WriteEntries(
        "key", id, new byte[12], List.of(new ClientMessage.SealedItem(entryId, new byte[bytes])));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void bringsMessagesBothWays(Way way) {
    try (TestHub hub = hub()) {
      CarrierPeer reader = peer(hub, way);
      reader.send(new ClientMessage.RequestChanges("key", 1, false));
      CarrierPeer writer = peer(hub, way);
      writer.send(new ClientMessage.Ping(7));
      assertThat(writer.next()).isEqualTo(new ServerMessage.Pong(7));
      writer.send(write(0, 300_000));
      assertThat(((ServerMessage.Ack) writer.next()).sequenceNumbers()).containsExactly(1);

      ServerMessage.Changes changes = (ServerMessage.Changes) reader.next();
      assertThat(changes.entries())
          .singleElement()
          .satisfies(change -> assertThat(change.ciphertext()).hasSize(300_000));

      writer.tell(link -> link.close(1000, "done"));
      assertThat(writer.awaitEnd()).startsWith("closed ");
      reader.tell(link -> link.close(1000, "done"));
      assertThat(reader.awaitEnd()).startsWith("closed ");
      hub.awaitConnections(0);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void saysThatTheHubHasClosed(Way way) {
    TestHub hub = hub();
    try {
      CarrierPeer peer = peer(hub, way);

      Void unused = TestHub.get(hub.hub().stop());

      assertThat(peer.awaitEnd())
          .startsWith(way == Way.TCP ? "closed 1006 " : "closed 1001 the hub is shutting down");
      assertThat(hub.hub().connections()).isZero();
      CarrierPeer late = new CarrierPeer(vertx, connector(hub, Way.IN_PROCESS));
      assertThat(late.awaitEnd()).isEqualTo("failed the hub is stopping");
    } finally {
      hub.discard();
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aPausedLinkGetsEverythingInOrderOnceItGoesOn(Way way) {
    try (TestHub hub = hub()) {
      CarrierPeer peer = peer(hub, way);
      CarrierPeer other = peer(hub, way);
      peer.tell(Link::pause);
      for (int i = 1; i <= 20; i++) {
        peer.send(new ClientMessage.Ping(i));
        // Else the hub answers only the newest.
        other.send(new ClientMessage.Ping(i));
        assertThat(other.next()).isEqualTo(new ServerMessage.Pong(i));
      }
      int early = peer.frames.size();
      assertThat(early).isLessThanOrEqualTo(1);

      peer.tell(Link::resume);

      double last = 0;
      while (last < 20) {
        double id = ((ServerMessage.Pong) peer.next()).id();
        assertThat(id).isGreaterThan(last);
        last = id;
      }
      peer.tell(link -> link.close(1000, ""));
      other.tell(link -> link.close(1000, ""));
    }
  }

  @Test
  void theHubListsASessionWithoutASocketAndClosesItsLikeOthers() {
    try (TestHub hub = hub()) {
      CarrierPeer peer = peer(hub, Way.IN_PROCESS);

      assertThat(hub.metrics().open(Transport.IN_PROCESS)).isEqualTo(1);
      peer.tell(link -> link.send(new byte[] {(byte) 0xc1}));

      assertThat(peer.awaitEnd()).startsWith("closed 1007 ");
      hub.awaitConnections(0);
      assertThat(hub.metrics().open(Transport.IN_PROCESS)).isZero();
    }
  }

  @Test
  void aFrameLongerThanTheHubTakesEndsASessionWithoutASocketToo() {
    try (TestHub hub = hub()) {
      CarrierPeer peer = peer(hub, Way.IN_PROCESS);

      peer.tell(link -> link.send(new byte[MIB + 1]));

      assertThat(peer.awaitEnd()).startsWith("closed 1009 ");
    }
  }

  @Test
  void whoIsInTheProcessNeedsNoToken() {
    try (TestHub hub = TestHub.start(
        TestHub.config().auth(new AuthConfig(Map.of("*", TokenRule.of("secret")), null, false)))) {
      CarrierPeer peer = peer(hub, Way.IN_PROCESS);
      peer.tell(link -> link.close(1000, ""));
      assertThat(peer.awaitEnd()).startsWith("closed 1000");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> hub.hub().connector("no/tenant"))
          .withMessageContaining("no/tenant");
    }
  }

  @ParameterizedTest
  @EnumSource(Carrier.class)
  void carriesTheTokenInEachWay(Carrier carrier) {
    try (TestHub hub = TestHub.start(TestHub.config()
        .auth(new AuthConfig(Map.of("*", TokenRule.of("se+cr%et&=")), null, true)))) {
      Options options = socket(hub);
      options.builder().carrier(carrier).token("se+cr%et&=");
      CarrierPeer peer = new CarrierPeer(vertx, options.build(connectors));
      assertThat(peer.next()).isInstanceOf(ServerMessage.Hello.class);
      peer.tell(link -> link.close(1000, ""));

      options.builder().token("another");
      assertThat(new CarrierPeer(vertx, options.build(connectors)).awaitEnd())
          .startsWith("failed unauthorized HTTP 401 \"Unauthorized\": the hub does not take");
    }
  }

  @Test
  void refusalsThatTryingAgainMayOvercomeAreNoneOfWhoAsks() {
    try (TestHub hub = hub()) {
      String base = "ws://127.0.0.1:" + hub.port();
      assertThat(end(RemoteOptions.builder(base + "/elsewhere").build()))
          .startsWith("failed HTTP 404 ");
      assertThat(end(RemoteOptions.builder(base)
              .tenant(TENANT)
              .header("Origin", "https://elsewhere.example.org")
              .build()))
          .startsWith("failed unauthorized HTTP 403 ");
    }
    assertThat(end(RemoteOptions.builder("ws://127.0.0.1:1/x").build()))
        .isEqualTo("failed connection refused: nothing listens at 127.0.0.1:1");
    assertThat(end(RemoteOptions.builder("tcp://127.0.0.1:1").build()))
        .isEqualTo("failed connection refused: nothing listens at 127.0.0.1:1");
  }

  private String end(RemoteOptions options) {
    return new CarrierPeer(vertx, connectors.connector(options)).awaitEnd();
  }

  @Test
  void givesUpOnAServerThatNeverAnswers() {
    NetServer server =
        TestHub.get(vertx.createNetServer().connectHandler(socket -> {}).listen(0, "127.0.0.1"));

    assertThat(end(RemoteOptions.builder("ws://127.0.0.1:" + server.actualPort() + "/x")
            .connectTimeout(Duration.ofMillis(100))
            .build()))
        .startsWith("failed ")
        .containsAnyOf("no answer within 100 ms", "nobody answers");
  }

  @Test
  void aSocketTakesLongMessagesAndTellsWhenItIsFull() throws Exception {
    CompletableFuture<ServerWebSocket> accepted = new CompletableFuture<>();
    HttpServer server = TestHub.get(vertx
        .createHttpServer(new HttpServerOptions().setMaxWebSocketFrameSize(64 * MIB))
        .webSocketHandler(socket -> {
          socket.pause();
          accepted.complete(socket);
        })
        .listen(0, "127.0.0.1"));
    CarrierPeer peer = new CarrierPeer(
        vertx,
        connectors.connector(RemoteOptions.builder("ws://127.0.0.1:" + server.actualPort() + "/x")
            .build()));

    fillAndDrain(peer, () -> {
      ServerWebSocket unused = accepted.join().resume();
    });
    Void unused = TestHub.get(
        accepted.get(60, TimeUnit.SECONDS).writeBinaryMessage(Buffer.buffer(new byte[3 * MIB])));
    assertThat(peer.nextFrame()).hasSize(3 * MIB);
    Void unusedText = TestHub.get(accepted.join().writeTextMessage("text"));
    assertThat(peer.awaitEnd()).startsWith("closed 1003 ");
  }

  @Test
  void aTcpLinkTellsWhenItIsFullAndEndsOnGarbage() throws Exception {
    CompletableFuture<NetSocket> accepted = new CompletableFuture<>();
    NetServer server = TestHub.get(vertx
        .createNetServer()
        .connectHandler(socket -> {
          socket.pause();
          accepted.complete(socket);
        })
        .listen(0, "127.0.0.1"));
    CarrierPeer peer = new CarrierPeer(
        vertx,
        connectors.connector(
            RemoteOptions.builder("tcp://127.0.0.1:" + server.actualPort()).build()));

    fillAndDrain(peer, () -> {
      NetSocket unused = accepted.join().resume();
    });
    Void unused = TestHub.get(
        accepted.get(60, TimeUnit.SECONDS).write(Buffer.buffer(new byte[] {(byte) 0xc1})));
    assertThat(peer.awaitEnd()).startsWith("closed 1006 not MessagePack");
  }

  /** The other side reads nothing until told to. */
  private static void fillAndDrain(CarrierPeer peer, Runnable read) {
    boolean full = false;
    // What the kernel takes is not ours to know.
    for (int i = 0; i < 1000 && !full; i++) {
      full = peer.ask(link -> {
        link.send(new byte[256 * 1024]);
        return link.isFull();
      });
    }
    assertThat(full).isTrue();
    assertThat(peer.drained).hasValue(0);

    read.run();

    await().atMost(Duration.ofSeconds(60)).until(() -> peer.drained.get() == 1);
    assertThat(peer.<Boolean>ask(Link::isFull)).isFalse();
  }

  @Test
  void closesAConnectionThatIsNotReadWithoutWaitingForIt() throws Exception {
    CompletableFuture<ServerWebSocket> accepted = new CompletableFuture<>();
    HttpServer server = TestHub.get(vertx
        .createHttpServer()
        .webSocketHandler(socket -> {
          socket.pause();
          accepted.complete(socket);
        })
        .listen(0, "127.0.0.1"));
    CarrierPeer peer = new CarrierPeer(
        vertx,
        connectors.connector(RemoteOptions.builder("ws://127.0.0.1:" + server.actualPort() + "/x")
            .build()));
    peer.tell(link -> link.send(new byte[64 * MIB]));

    peer.tell(link -> link.close(1001, "no pong"));

    assertThat(peer.awaitEnd()).startsWith("closed ");
  }

  @Test
  void trustsTheCertificateItIsGivenForTheNameItIsFor(@TempDir Path dir) throws Exception {
    Path store = dir.resolve("server.p12");
    Path pem = dir.resolve("server.pem");
    keytool(
        "-genkeypair",
        "-alias",
        "a",
        "-keyalg",
        "EC",
        "-dname",
        "CN=hub",
        "-ext",
        "SAN=dns:localhost",
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "a",
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit",
        "-file",
        pem.toString());
    HttpServer server = TestHub.get(vertx
        .createHttpServer(new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(new PfxOptions().setPath(store.toString()).setPassword("changeit")))
        .webSocketHandler(socket -> {
          var unused = socket.writeBinaryMessage(Buffer.buffer("hello"));
        })
        .listen(0, "127.0.0.1"));
    String url = "wss://localhost:" + server.actualPort() + "/x";

    CarrierPeer peer = new CarrierPeer(
        vertx,
        connectors.connector(RemoteOptions.builder(url).trust(pem.toString()).build()));
    assertThat(peer.nextFrame()).isEqualTo("hello".getBytes(UTF_8));
    peer.tell(link -> link.close(1000, ""));

    assertThat(end(RemoteOptions.builder(url).build())).startsWith("failed TLS failed: ");
    assertThat(end(RemoteOptions.builder(url.replace("localhost", "127.0.0.1"))
            .trust(pem.toString())
            .build()))
        .startsWith("failed TLS failed: ");
    assertThat(end(
            RemoteOptions.builder(url).trust(dir.resolve("absent").toString()).build()))
        .startsWith("failed ")
        .contains("absent");
  }

  private static void keytool(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
