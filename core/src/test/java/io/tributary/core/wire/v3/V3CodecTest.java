package io.tributary.core.wire.v3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.tributary.core.model.EntryId;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class V3CodecTest {
  private static final int ROUNDS = Seeds.LONG ? 200_000 : 3_000;

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static String ascii(String text) {
    assertThat(text.length()).isLessThan(32);
    return HexFormat.of().toHexDigits((byte) (0xa0 | text.length()))
        + HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static Message decodeAs(Message like, List<byte[]> parts)
      throws MalformedMessageException {
    return like instanceof ClientMessage
        ? V3Codec.decodeClient(parts)
        : V3Codec.decodeServer(parts);
  }

  /** Cuts into parts at random, empty ones among them. */
  static List<byte[]> cut(byte[] bytes, Random random) {
    List<byte[]> parts = new ArrayList<>();
    int from = 0;
    while (from < bytes.length) {
      int most = random.nextBoolean() ? 3 : bytes.length;
      int to = Math.min(bytes.length, from + random.nextInt(most + 1));
      parts.add(Arrays.copyOfRange(bytes, from, to));
      from = to;
    }
    return parts;
  }

  @Test
  void everyMessageSurvivesEncodingAndDecoding() throws Exception {
    Random random = Seeds.random("everyMessageSurvivesEncodingAndDecoding");
    RandomMessages messages = new RandomMessages(random);
    for (int i = 0; i < ROUNDS; i++) {
      Message message = messages.next();
      JsonObject json = MessageJson.of(message);
      byte[] bytes = V3Codec.encode(message);

      assertThat(MessageJson.of(decodeAs(message, List.of(bytes)))).isEqualTo(json);
      assertThat(MessageJson.of(decodeAs(message, cut(bytes, random)))).isEqualTo(json);
      assertThat(MessageJson.of(decodeAs(message, List.of(LooseEncoder.rewrite(bytes, random)))))
          .isEqualTo(json);
    }
  }

  @Test
  void everyPrefixAndEveryExtensionOfAMessageIsMalformed() throws Exception {
    Random random = Seeds.random("everyPrefixAndEveryExtensionOfAMessageIsMalformed");
    RandomMessages messages = new RandomMessages(random);
    for (int i = 0; i < 100; i++) {
      Message message = messages.next();
      byte[] bytes = V3Codec.encode(message);
      for (int length = 0; length < bytes.length; length += 1 + bytes.length / 500) {
        byte[] prefix = Arrays.copyOf(bytes, length);
        assertThatThrownBy(() -> decodeAs(message, List.of(prefix)))
            .isInstanceOf(MalformedMessageException.class);
      }
      assertThatThrownBy(() -> decodeAs(message, List.of(bytes, new byte[1])))
          .isInstanceOf(MalformedMessageException.class)
          .hasMessage("1 bytes follow the message");
    }
  }

  @Test
  void theOtherDirectionsMessagesAreMalformed() {
    RandomMessages messages =
        new RandomMessages(Seeds.random("theOtherDirectionsMessagesAreMalformed"));
    for (int i = 0; i < 200; i++) {
      ClientMessage client = messages.nextClient();
      if (!(client instanceof ClientMessage.Chunked)) {
        assertThatThrownBy(() -> V3Codec.decodeServer(V3Codec.encode(client)))
            .isInstanceOf(MalformedMessageException.class)
            .hasMessageEndingWith("is no message of a server");
      }
      ServerMessage server = messages.nextServer();
      if (!(server instanceof ServerMessage.Chunked)) {
        assertThatThrownBy(() -> V3Codec.decodeClient(V3Codec.encode(server)))
            .isInstanceOf(MalformedMessageException.class)
            .hasMessageEndingWith("is no message of a client");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "127, 7f",
    "128, cc80",
    "255, ccff",
    "256, cd0100",
    "65535, cdffff",
    "65536, ce00010000",
    "4294967295, ceffffffff",
    "4294967296, cb41f0000000000000",
    "9007199254740991, cb433fffffffffffff",
    "-1, ff",
    "-32, e0",
    "-33, d0df",
    "-128, d080",
    "-129, d1ff7f",
    "-32768, d18000",
    "-32769, d2ffff7fff",
    "-2147483648, d280000000",
    "-2147483649, cbc1e0000000200000",
    "-0.0, cb8000000000000000",
    "0.5, cb3fe0000000000000",
    "NaN, cb7ff8000000000000",
    "Infinity, cb7ff0000000000000",
  })
  void writesNumbersAsPeersDo(double number, String encoded) throws Exception {
    String expected = "de0002" + ascii("id") + encoded + ascii("_tag") + ascii("Ping");

    byte[] bytes = V3Codec.encode(new ClientMessage.Ping(number));

    assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(expected);
    assertThat(V3Codec.decodeClient(bytes)).isEqualTo(new ClientMessage.Ping(number));
  }

  @ParameterizedTest
  @CsvSource({
    "cf0000000000000005, 5",
    "cfffffffffffffffff, 18446744073709551615",
    "cf8000000000000000, 9223372036854775808",
    "d3fffffffffffffffb, -5",
    "d38000000000000000, -9223372036854775808",
    "ca3fc00000, 1.5",
    "ca80000000, -0.0",
  })
  void reads64BitIntegersAndFloats(String encoded, double number) throws Exception {
    byte[] frame = hex("82" + ascii("id") + encoded + ascii("_tag") + ascii("Ping"));

    assertThat(V3Codec.decodeClient(frame)).isEqualTo(new ClientMessage.Ping(number));
  }

  @Test
  void replacesMalformedUtf8() throws Exception {
    byte[] loneSurrogate =
        hex("82" + ascii("publicKey") + "a5 61 eda080 62" + ascii("_tag") + ascii("StopChanges"));

    ClientMessage.StopChanges stop =
        (ClientMessage.StopChanges) V3Codec.decodeClient(loneSurrogate);

    assertThat(stop.publicKey()).matches("a\uFFFD+b");
  }

  @Test
  void theLastOfARepeatedKeyCountsEvenIfTheFirstHasAnotherType() throws Exception {
    byte[] frame = hex("84" + ascii("id") + "c0" + ascii("_tag") + ascii("Pong") + ascii("id")
        + "07" + ascii("_tag") + ascii("Ping"));

    assertThat(V3Codec.decodeClient(frame)).isEqualTo(new ClientMessage.Ping(7));
  }

  @Test
  void fieldsOfOtherMessagesAreIgnoredWhateverTheirType() throws Exception {
    byte[] frame = hex("84" + ascii("iv") + "c0" + ascii("entries") + "05" + ascii("id") + "07"
        + ascii("_tag") + ascii("Ping"));

    assertThat(V3Codec.decodeClient(frame)).isEqualTo(new ClientMessage.Ping(7));
  }

  @Test
  void keysThatAreNoStringsAreIgnored() throws Exception {
    byte[] frame = hex("86" + "05c0" + "c401ffc0" + "92c0c0c0" + "81c0c0c0" + ascii("id") + "07"
        + ascii("_tag") + ascii("Ping"));

    assertThat(V3Codec.decodeClient(frame)).isEqualTo(new ClientMessage.Ping(7));
  }

  @Test
  void deepNestingInAnUnknownKeyIsReadOver() throws Exception {
    int depth = 5_000_000;
    byte[] head = hex("83" + ascii("zz"));
    byte[] tail = hex("c0" + ascii("id") + "07" + ascii("_tag") + ascii("Ping"));
    byte[] lists = new byte[depth];
    Arrays.fill(lists, (byte) 0x91);

    assertThat(V3Codec.decodeClient(List.of(head, lists, tail)))
        .isEqualTo(new ClientMessage.Ping(7));
  }

  @Test
  void partsMayBeEmpty() throws Exception {
    List<byte[]> parts = new ArrayList<>(Collections.nCopies(100_000, new byte[0]));
    parts.add(V3Codec.encode(new ClientMessage.Ping(7)));
    parts.addAll(Collections.nCopies(100_000, new byte[0]));

    assertThat(V3Codec.decodeClient(parts)).isEqualTo(new ClientMessage.Ping(7));
  }

  @ParameterizedTest
  @CsvSource({
    "81" + "a2" + "6964" + "07, the message has no _tag",
    "90, the message is not a map but FIXARRAY",
    "81" + "a4" + "5f746167" + "05, _tag is not a string but POSFIXINT",
    "81" + "a4" + "5f746167" + "a4" + "50696e68, unknown _tag Pinh",
    "81" + "a4" + "5f746167" + "a4" + "500a6e68, unknown _tag P?nh",
    "81" + "a4" + "5f746167" + "a4" + "50696e67, Ping.id is missing",
    "82" + "a2" + "6964" + "a0" + "a4" + "5f746167" + "a4"
        + "50696e67, Ping.id is not a number but FIXSTR",
    "c1c1c1, byte 0xc1 is not MessagePack",
    "81" + "c1c1, byte 0xc1 is not MessagePack",
    "82" + "a2" + "6964" + "c1" + "a4" + "5f746167" + "a4"
        + "50696e67, byte 0xc1 is not MessagePack",
    "82" + "a1" + "5a" + "91c1" + "a4" + "5f746167" + "a4"
        + "50696e67, byte 0xc1 is not MessagePack",
    "dfffffffff, not MessagePack",
    "df7fffffff, the message is cut short",
    "deffff, the message is cut short",
  })
  void saysWhatIsWrong(String frame, String message) {
    assertThatThrownBy(() -> V3Codec.decodeClient(hex(frame)))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void everyFieldIsRequiredButTheOptionalOnes() {
    RandomMessages messages = new RandomMessages(Seeds.random("everyFieldIsRequired"));
    for (int i = 0; i < 300; i++) {
      Message message = messages.next();
      byte[] bytes = V3Codec.encode(message);
      for (Field field : Field.values()) {
        int at = indexOf(bytes, field.encoded);
        boolean optional = field == Field.UNENCRYPTED
            || (message instanceof ServerMessage.Refusal
                && (field == Field.ID || field == Field.PUBLIC_KEY));
        if (at == 3 && !optional) {
          byte[] renamed = bytes.clone();
          renamed[at + 1] = 'Z';
          assertThatThrownBy(() -> decodeAs(message, List.of(renamed)))
              .isInstanceOf(MalformedMessageException.class)
              .hasMessageEndingWith(field.wireName + " is missing");
        }
      }
    }
  }

  private static int indexOf(byte[] bytes, byte[] wanted) {
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    return -1;
  }

  /** The counts are true, so only the elements' types are wrong; they must cost nothing. */
  @ParameterizedTest
  @CsvSource({
    "encryptedEntries, WriteEntries, WriteEntries.encryptedEntries is not a map but NIL",
    "entries, WriteEntriesUnencrypted, WriteEntriesUnencrypted.entries is not a map but NIL",
    "part, ChunkedMessage, 'ChunkedMessage.part has 4000000 numbers, not index and total'",
  })
  void aListIsNotBelievedToHaveGoodElements(String list, String tag, String message) {
    Buffer head =
        Buffer.buffer(hex("82" + ascii("_tag") + ascii(tag) + ascii(list) + "dd003d0900"));
    byte[] frame = Arrays.copyOf(head.getBytes(), head.length() + 4_000_000);
    Arrays.fill(frame, head.length(), frame.length, (byte) 0xc0);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();

    assertThatThrownBy(() -> V3Codec.decodeClient(frame)).hasMessage(message);

    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4_000_000);
  }

  @Test
  void theFlagForStoresInTheClearIsAbsentUnlessSet() throws Exception {
    String start = ascii("publicKey") + ascii("k") + ascii("startSequence") + "01";
    String end = ascii("_tag") + ascii("RequestChanges");
    byte[] sealed = hex("de0003" + start + end);
    byte[] clear = hex("de0004" + start + ascii("unencrypted") + "c3" + end);

    assertThat(V3Codec.encode(new ClientMessage.RequestChanges("k", 1, false))).isEqualTo(sealed);
    assertThat(V3Codec.encode(new ClientMessage.RequestChanges("k", 1, true))).isEqualTo(clear);
    assertThat(V3Codec.decodeClient(clear))
        .isEqualTo(new ClientMessage.RequestChanges("k", 1, true));
    byte[] explicit = hex("de0004" + start + ascii("unencrypted") + "c2" + end);
    assertThat(V3Codec.decodeClient(explicit))
        .isEqualTo(new ClientMessage.RequestChanges("k", 1, false));
    byte[] wrong = hex("de0004" + start + ascii("unencrypted") + "01" + end);
    assertThatThrownBy(() -> V3Codec.decodeClient(wrong))
        .hasMessage("RequestChanges.unencrypted is not a boolean but POSFIXINT");
  }

  @Test
  void theFlagForAcksInOrderIsAbsentUnlessSet() throws Exception {
    String start = ascii("publicKey") + ascii("k") + ascii("id") + "01";
    String sealed = start + ascii("iv") + "c400" + ascii("encryptedEntries") + "90";
    String sealedTag = ascii("_tag") + ascii("WriteEntries");
    String clear = start + ascii("entries") + "90";
    String clearTag = ascii("_tag") + ascii("WriteEntriesUnencrypted");
    byte[] iv = new byte[0];

    assertThat(V3Codec.encode(new ClientMessage.WriteEntries("k", 1, iv, List.of())))
        .isEqualTo(hex("de0005" + sealed + sealedTag));
    assertThat(V3Codec.encode(new ClientMessage.WriteEntries("k", 1, iv, List.of(), true)))
        .isEqualTo(hex("de0006" + sealed + ascii("inOrder") + "c3" + sealedTag));
    assertThat(V3Codec.encode(new ClientMessage.WriteEntriesUnencrypted("k", 1, List.of())))
        .isEqualTo(hex("de0004" + clear + clearTag));
    assertThat(V3Codec.encode(new ClientMessage.WriteEntriesUnencrypted("k", 1, List.of(), true)))
        .isEqualTo(hex("de0005" + clear + ascii("inOrder") + "c3" + clearTag));
    assertThat(V3Codec.decodeClient(hex("de0005" + clear + ascii("inOrder") + "c3" + clearTag)))
        .isEqualTo(new ClientMessage.WriteEntriesUnencrypted("k", 1, List.of(), true));
    assertThat(V3Codec.decodeClient(hex("de0005" + clear + ascii("inOrder") + "c2" + clearTag)))
        .isEqualTo(new ClientMessage.WriteEntriesUnencrypted("k", 1, List.of()));
  }

  @Test
  void writesTheMessagesForStoresInTheClear() throws Exception {
    EntryId id = EntryId.of(hex("018bcfe568007abc8def0123456789ab"));
    String entry = "de0004" + ascii("id") + "c410" + id.toHex() + ascii("event") + ascii("E")
        + ascii("primaryKey") + ascii("k") + ascii("payload") + "c401c0";
    byte[] element = ChangesEncoder.plainChange(
        3, id, new byte[] {'E'}, new byte[] {'k'}, new byte[] {(byte) 0xc0});

    Buffer changes = ChangesEncoder.changesUnencrypted("p", List.of(element, element));

    String change = "de0002" + ascii("remoteSequence") + "03" + ascii("entry") + entry;
    assertThat(HexFormat.of().formatHex(changes.getBytes()))
        .isEqualTo("de0003" + ascii("publicKey") + ascii("p") + ascii("entries") + "92" + change
            + change + ascii("_tag") + ascii("ChangesUnencrypted"));
    assertThat(V3Codec.encode(V3Codec.decodeServer(changes.getBytes())))
        .isEqualTo(changes.getBytes());
    ServerMessage.Refusal refusal = new ServerMessage.Refusal(
        "RequestChanges", null, "p", ServerMessage.ErrorCode.Unauthorized, "no");
    assertThat(HexFormat.of().formatHex(V3Codec.encode(refusal)))
        .isEqualTo("de0005" + ascii("requestTag") + ascii("RequestChanges") + ascii("publicKey")
            + ascii("p") + ascii("code") + ascii("Unauthorized") + ascii("message")
            + ascii("no") + ascii("_tag") + ascii("Error"));
  }

  @Test
  void cutsOnlyMessagesAboveTheSize() throws Exception {
    for (int length :
        new int[] {1, Chunk.SIZE, Chunk.SIZE + 1, 2 * Chunk.SIZE, 2 * Chunk.SIZE + 1}) {
      byte[] message = new byte[length];
      new Random(length).nextBytes(message);

      List<Buffer> frames = ChangesEncoder.chunk(9, message);

      if (length <= Chunk.SIZE) {
        assertThat(frames).containsExactly(Buffer.buffer(message));
        continue;
      }
      assertThat(frames).hasSize((length + Chunk.SIZE - 1) / Chunk.SIZE);
      Buffer joined = Buffer.buffer();
      for (int i = 0; i < frames.size(); i++) {
        Chunk chunk =
            ((ServerMessage.Chunked) V3Codec.decodeServer(frames.get(i).getBytes())).chunk();
        assertThat(chunk.id()).isEqualTo(9);
        assertThat(chunk.index()).isEqualTo(i);
        assertThat(chunk.total()).isEqualTo(frames.size());
        joined.appendBytes(chunk.data());
      }
      assertThat(joined.getBytes()).isEqualTo(message);
    }
  }
}
