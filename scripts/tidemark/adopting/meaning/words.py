"""What files call their columns, in many languages and by many vendors.

Names are compared by their letters and digits alone: "Close/Last", "<CLOSE>" and "4. close" are
closelast, close and close.
"""

import re
import unicodedata
from collections.abc import Sequence

TIMESTAMP, TIME, TICKER, CLOSE, VOLUME = "timestamp", "time", "ticker", "close", "volume"

# By role, groups of words, the surest first: where columns match several, the sooner group wins.
ROLES = {
    TIMESTAMP: (
        "opentime timeopen windowstart starttime periodstart barstart begin timestamp datetime"
        " datetimeutc dateandtime snappedat gmttime localtime date day tradedate tradingdate"
        " tradingday observationdate quotedate pricedate refdate valuedate businessdate asof"
        " asofdate caldt datadate yyyymmdd datum fecha data datahora dataora tarih дата 日期"
        " 交易日期 交易日 日付 날짜 일자 dato pvm dátum tanggal ngày kuupäev ημερομηνία"
        " handelstag jour",
        "ts dt period timeperiod month monat mes mois year jahr index time unix unixtime"
        " unixtimestamp epoch tt t",
    ),
    TIME: (
        "time hour hora heure uhrzeit zeit ora saat время 时间 時間 時刻 시간 tid tijd godzina",
    ),
    TICKER: (
        "ticker tickersymbol symbol tic stocksymbol instrument secid ric bloombergticker"
        " tscode actsymbol stockcode securitycode scripcode scrip sym simbolo symbole kürzel"
        " тикер инструмент 代码 股票代码 证券代码 銘柄コード コード 종목코드 hisse",
        "code isin wkn cusip figi permno name stock security pair asset coin token company"
        " wertpapier bezeichnung valor titre titolo ativo papel бумага 名称 종목명 currency",
    ),
    "open": (
        "open opening openprice openingprice o opn pxopen eroffnung eröffnung eröffnungskurs"
        " eröffn erster anfangskurs apertura precioapertura prezzoapertura ouverture ouv"
        " abertura preçoabertura açılış открытие откр ценаоткрытия 开盘 开盘价 開盤 開盤價 今开"
        " 始値 시가 otwarcie öppning öppningskurs åpning avaus nyitó otevření openingskoers",
        "bidopen openbid",
    ),
    "high": (
        "high highprice highest highestprice dayhigh h hi pxhigh hoch tageshoch höchst"
        " höchstkurs höchster máximo máxima max maximum massimo prezzomassimo haut plushaut"
        " yüksek высокая макс максимум максимальная 最高 最高价 最高價 高値 고가 najwyższy"
        " högst högstkurs høy ylin hoog",
        "bidhigh highbid",
    ),
    "low": (
        "low lowprice lowest lowestprice daylow l lo pxlow tief tagestief tiefst tiefstkurs"
        " tiefster mínimo mínima min minimum minimo prezzominimo bas plusbas düşük низкая мин"
        " минимум минимальная 最低 最低价 最低價 安値 저가 najniższy lägst lägstkurs lav alin"
        " laag",
        "bidlow lowbid",
    ),
    CLOSE: (
        "close closing closeprice closingprice c cls closelast schluss schlusskurs cierre"
        " preciocierre chiusura prezzochiusura clôture fechamento preçofechamento kapanış"
        " закрытие закр ценазакрытия 收盘 收盘价 收盤 收盤價 終値 종가 zamknięcie stängning"
        " stängningskurs slutkurs lukkekurs päätös záró zavření slotkoers",
        "settle settlement settlementprice settleprice last lastprice lasttrade pxlast letzter"
        " zuletzt ultimo último ultimoprezzo dernier şimdi price prices preis kurs precio"
        " prezzo prix cours preço fiyat цена 价格 價格 가격 현재가 nav netassetvalue rate mid"
        " midprice bidclose closebid",
        "value wert valor valeur valore obsvalue",
    ),
    VOLUME: (
        "volume volumes vol v hac tottrdqty sharevolume tradevolume numberofshares noofshares"
        " pxvolume volumi volumenes stückzahl stück stücke stuecke hacim объем объём 成交量"
        " 出来高 거래량 wolumen volym volum sharestraded totalvolume totaltradedquantity"
        " quantity qty shares tradedvolume basevolume",
        "volumen",
        "tickvol tickvolume",
    ),
    "adj_close": (
        "adjclose adjustedclose adjcloseprice adjustedcloseprice adjusted closeadj"
        " closeadjusted adjustedprice adjprice bereinigt bereinigterschluss schlussbereinigt"
        " bereinigterschlusskurs schlusskursbereinigt cierreajustado clôtureajustée"
        " fechamentoajustado 复权收盘价 調整後終値",
    ),
}
FIELD_ROLES = ("adj_close", "open", "high", "low", CLOSE, VOLUME)

# What is known to be none of these.
OTHERS = (
    "change changepercent pctchange percentchange chg pctchg return returns ret var variation"
    " veränderung änderung variación variazione değişim изм изменение 涨跌 涨跌幅 涨跌额 振幅"
    " 换手率 成交额 前日比 전일비 등락률 % vwap vw weightedaverage wap average avg n"
    " transactions trades tradecount numberoftrades per interval timeframe openint openinterest"
    " oi spread dividend dividends dividendamount exdividend div stocksplits splitratio"
    " splitcoefficient splits split divcash splitfactor closetime quoteassetvolume quotevolume"
    " quotequantity takerbuybaseassetvolume takerbuyquoteassetvolume takerbuybasevolume"
    " takerbuyquotevolume ignore turnover amount marketcap marketcapitalization prevclose"
    " preclose previousclose unadjustedvolume adjopen adjhigh adjlow adjvolume adjustedopen"
    " adjustedhigh adjustedlow adjustedvolume capitalgains bid ask bidsize asksize"
    " deliverableqty deliverypct series exchange market type end otc rowid id unnamed"
    " nooftrades totalturnover"
)

MONEY = "usd|eur|gbp|gbx|chf|jpy|inr|cny|hkd|krw|brl|rub|try|cad|aud|sek|nok|pln|dollars?|usdt"
COUNTED_IN = "pence|cents?|shares|thousands|millions"  # below a name, in a row of units
COINS = "btc|eth|xrp|ltc|bch|sol|doge|bnb|ada"
IN_HUNDREDTHS = re.compile(
    r"(?i:\b(cents?|pence|gbx|penny|pennies|centavos|paise)\b)|\bGBp\b|\(p\)"
)
_NUMBERED = re.compile(r"^\d+[a-z]?\.\s")  # as Alpha Vantage has it, "4. close"
_IN_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_EXPLAINED = re.compile(r"\s(adjusted )?close price adjusted for .*")  # beside "Close", by Yahoo


def key(name: str) -> str:
    """A column's name as names are compared: small letters without accents, digits and %."""
    name = _EXPLAINED.sub("", _NUMBERED.sub("", name.casefold()))
    text = unicodedata.normalize("NFKD", name)
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = unicodedata.normalize("NFKC", text)
    bare = _bare(_IN_BRACKETS.sub("", text))
    return bare or _bare(text)


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum() or sign == "%")


_GROUPS = {role: [frozenset(map(key, group.split())) for group in ROLES[role]] for role in ROLES}
_OTHERS = frozenset(map(key, OTHERS.split()))
_LETTERS = frozenset("ohlcvt")  # as Polygon names fields; alone they are tickers


def columns_by_role(names: Sequence[str]) -> dict[str, list[str]]:
    """By role, the columns whose names say it, all of the surest group of words that any says."""
    ranked = {role: columns_of(role, names) for role in ROLES}
    return {role: groups[0] for role, groups in ranked.items() if groups}


def columns_of(role: str, names: Sequence[str]) -> list[list[str]]:
    """The columns whose names say a role, by group of words, the surest first."""
    keys = {name: key(_without_number(name, names)) for name in names}
    bare = {name: _without_unit(word) for name, word in keys.items()}
    if not {"o", "h", "l", "c"} <= {*bare.values()}:
        keys = {name: word for name, word in keys.items() if bare[name] not in _LETTERS}
    by_group = [[name for name in keys if _says(keys[name], role, at)] for at in _GROUPS[role]]
    return [columns for columns in by_group if columns]


def _without_number(name: str, names: Sequence[str]) -> str:
    """`Close` of `Close 2`, where reading has numbered the second column of a name."""
    numbered = re.fullmatch(r"(.+) \d+", name)
    return numbered[1] if numbered and numbered[1] in names else name


def _says(word: str, role: str, group: frozenset[str]) -> bool:
    if word in group:
        return True
    return role in FIELD_ROLES and _without_unit(word) in group


def _without_unit(word: str) -> str:
    """A key without what stands in `Close USD` or `Volume BTC` behind the name."""
    unit = re.fullmatch(rf"(.+?)({MONEY}|{COINS}|{COUNTED_IN})", word)
    return unit[1] if unit else word


def is_surely(role: str, name: str) -> bool:
    """Whether a name is among the surest words for a role."""
    return _says(key(name), role, _GROUPS[role][0])


def is_none_of_a_bar(name: str) -> bool:
    """Whether a column is known to be no price, volume, date or ticker; shares in % are none."""
    word = key(name)
    return word in _OTHERS or "%" in word
