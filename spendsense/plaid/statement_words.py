"""The words that banks put around a name, folded to lower case without accents. Vocabulary alone; no rule, no merchant.

A word stands in a set for what it does in a statement line, whatever its language; languages follow each other. A word
that many names begin or end with ("card", "direct", "power") is never taken alone: `statement_text` says when.
"""

from spendsense.store.names import folded


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in folded(line).split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


# How it was paid. No name begins with these, so before a name they go wherever they stand.
CHANNELS = _words(
    "pos ach ppd recurring preauthorized preauthorised authorized authorised checkcard chkcard chk crd dbt pymt"
    " pmt pmnt payment payments purchase purchases debit debits withdrawal eftpos bpay osko payto idp pap interac"
    " etransfer transfer transfers contactless xfer trf tfr trfr fpi fpo bgc ddr vis cr dd vdp vdc "
    " transaction transactions txn atm visa mastercard vpay sepa remittance receipt receipts"
    " deposit deposits autopay epay epayment billpay sent received zelle venmo cashapp magtape eft aft dep"
    " wdl inst",
    "lastschrift sepalastschrift basislastschrift folgelastschrift erstlastschrift einzug einzugsermachtigung"
    " kartenzahlung kartenumsatz kartenverfugung debitkartenzahlung girocard debitkarte kreditkarte bankkarte"
    " uberweisung ueberweisung echtzeituberweisung onlineuberweisung dauerauftrag gutschrift zahlung bezahlung"
    " einkauf kauf dienstleistung belastung abbuchung auszahlung einzahlung bargeldauszahlung umbuchung"
    " zahlungseingang zahlungsausgang vergutung twint warenkauf debitkartenumsatz lastschrifteinzug"
    " kartenzahlungen",
    "prlv prelevement prelevements virement virements vir paiement paiements achat retrait cheque"
    " recu emis instantane psc bancontact domiciliation versement",
    "recibo recibos adeudo domiciliacion domiciliado compra compras tarj tarjeta pago pagos transferencia"
    " transferencias bizum abono ingreso traspaso emitida recibida cajero reintegro spei",
    "add addebito sdd pagamento pagamenti bonifico bonifici acquisto prelievo bancomat pagobancomat"
    " disposizione giroconto accredito addebiti sct ricevuto istantaneo ",
    "pix pagto cartao debito credito transf boleto enviado recebido enviada recebida deb aut levantamento mbway",
    "aankoop aankopen transactie betaalpas incasso overboeking overschrijving betaling betalingen"
    " betaalautomaat geldautomaat domiciliering bankkaart tikkie doorlopende doorlopend pinbetaling"
    " bankgirobetaling",
    "przelew platnosc zakup zakupy blik obciazenie uznanie wyplata wplata polecenie zlecenie transakcja "
    " przychodzacy wychodzacy wewnetrzny zewnetrzny",
    "prevod prevody platba platby nakup vyber vklad inkaso prikaz kartou uhrada bezhotovostni prichozi odchozi"
    " okamzita trvaly platobnou prichadzajuci odchadzajuci",
    "kortkop kortkjop kortkob kopkort autogiro avtalegiro betalningsservice betalning overforing overforsel"
    " varekjop varekop vare swish vipps mobilepay insattning uttag nettgiro bankgiro plusgiro dankort pbs"
    " kontaktlos visakop kortbetaling",
    "korttiosto tilisiirto ostos osto maksukortilla vasarlas kartyas atutalas beszedes cumparare havale odeme harcama",
    "upi imps neft rtgs nach ecs p2m p2a mmt inft onl ecom",
    "デビット 振込 口座振替 カード 振替 支付 消费 转账 자동이체 체크카드",
    # and that it was taken back, so that a refund is the seller's
    "refund refunds refunded reversal chargeback retoure erstattung ruckerstattung ruckzahlung remboursement"
    " remboursements devolucion reembolso rimborso rimborsi storno estorno terugbetaling retourpin zwrot vratka vraceni"
    " aterbetalning tilbakebetaling tilbageforsel hyvitys palautus",
)
# The same, but names begin with them too: they go before another such word, a number, or after what they complete.
WEAK_CHANNELS = _words(
    "dr ideal ted doc cargo carta carte karta swift sale sales nota sto bea gea dab maestro giro plata cb",
    "card cards credit direct online mobile bank cash check standing order faster instant internet web retail"
    " electronic funds external internal wire money account bill pre preauth international domestic e outgoing"
    " incoming in out misc la le les el the der die das so bs bg pg regular monthly no c pelo pela back banking"
    " pay automatic auto scheduled phone fast",
    "lohn gehalt rente ec elv eu online beleglos echtzeit wertpapier debitk auftrag",
    "europeen europeenne permanent permanente europees europese permanentes factura facture fact mandat",
    "movil efectivo nomina diretto diretta internet stale staly trvaly trvale tuzemska kontaktlos algemeen"
    " eenmalig saldo ucet ucetu ucty uctu",
)
LEADS = CHANNELS | WEAK_CHANNELS
# `card` in "debit card", `order` in "standing order": right after one of the others they go as well.
CLOSERS = _words("card cards order credit debit nota gehalt carte carta cb karta")
OPENERS = _words(
    "debit credit check bank standing prepaid direct dankort lohn la par avec con met paiement achat facture pagamento"
)
# Between how it was paid and the name.
LINKS = _words(
    "favor favore on to from at via by for de del des di da do dos das du au von vom bei an fur para por chez en presso"
    " a od na z u pro per ucet uctu ucty til fra hos till par avec con mit med with fran bij aan van naar d met w dla"
    " return returns retour retur",
)
# Who is paid through these writes its name behind theirs and a star.
PROCESSORS = _words(
    "sq gosq tst sp pp py ppl pypl paypal apl stripe zlr wpy ec fs iz izettle zettle sumup klarna google goog"
    " msft cko dd ic lul bt rzp razorpay mollie adyen payu gpay upi toast square paddle fastspring xsolla worldpay"
    " ctlp dlocal ebanx",
)
# They stand between buyer and seller: named alone they don't tell the seller.
WALLETS = _words("paypal klarna stripe mollie adyen razorpay payu sumup europe sarl et cie sca inst bank ab")

# What a number or code takes with it when it goes, because it stands before it.
BEFORE_NUMBERS = _words(
    "store shop unit terminal term tid order ord inv invoice ref refs reference conf confirmation trn txn trace"
    " seq auth id no nr num number n nro indn card cards ending end pan mandate mandat mandato mandatum acct"
    " account konto kto kontonr transaction trans folio crn apca rrn utr arn stan vs ks ss val value date dated on"
    " at um am vom le el den dne dnia dd op om kl ore uur uhr klo dato datum data fecha fec wert valuta valeur"
    " veff eff effective posted cd ct ppd web cro re mon tue wed thu fri sat sun kd rg ocr doc mand pasvolgnr"
    " karta contrat contratto contrato contract kwota pas kaart kaartnr karte karten kartennr kort kortnr karty"
    " tarj tarjeta carta carte cartao numero nummer rum eref mref kref cred svwz iban bic swift blz ics creditorid"
    " glaubiger glaeubiger mandatsref mandatsreferenz referenz referentie referencia referencias riferimento rif"
    " codice cod codigo aut autoriz autorizzazione autorizacion autorisation autorizace operazione operacion"
    " operation nop emetteur banque castka kurs kurz cours tasso rate fx visaxr belegnr beleg rechnungsnr rechnung"
    " facture fattura factura kenmerk machtiging betalingskenmerk viite arkivref numref vorgang vorgangsnr"
    " kundennr kdnr vertragsnr vertrag vertr folge folgenr recibo debitk kfn del du cheque check chq crd usd eur"
    " gbp chf cad aud nzd jpy inr brl mxn zar sek nok dkk pln czk huf sgd hkd kr kc zl rs rfc nif cif cuit cnpj"
    " cpf ag agencia conta imps neft",
)
# Of those, the ones that also take a small number, or random letters, behind them.
REFERENCES = _words(
    "ref refs reference conf confirmation trn txn trace seq auth id mandate mandat mandato mandatum rum eref mref"
    " kref cred codice cod codigo aut debitk kfn folge folgenr vorgang ics arn rrn utr tid terminal term invoice"
    " inv kenmerk machtiging autorizzazione autorizacion autorisation autorizace referenz referentie referencia"
    " riferimento rif bic swift iban emetteur",
)
AFTER_NUMBERS = _words(
    "uhr uur hrs h am pm ore usd eur gbp chf cad aud nzd jpy inr brl mxn zar sek nok dkk pln czk huf sgd hkd kr"
    " kc zl rs utc cet cest gmt est",
)
# Banks' short names for the way of paying, behind the name and its number.
TYPE_CODES = _words(
    "bcc bdc clp bgc ddr sto ft bbp cpm bp cr vis dd so fpo fpi deb dep tfr cpt chq pay pos web ppd ccd tel"
    " recurring contactless pin nfc ecom cnp kontaktlos contactloos sans contact girocard",
)
SURE_TYPES = _words("recurring contactless kontaktlos contactloos contactlos refund reversal retoure erstattung")
NOISE = _words("notprovided vj com")

SHORT_MONTHS = _words(
    "jan feb mar apr jun jul aug sep sept oct nov dec okt dez mrt janv fevr avr juil ene abr ago dic gen mag giu lug"
    " set ott fev out",
)
# Full names that people, shops and places bear too, or that are short: MAY, Marco, Julio, Avril, Mars.
UNSURE_MONTHS = _words(
    "may june april august march mai maj mei mars avril aout marco mayo abril maio agosto julio junio juli luty ocak"
    " ekim kasim eylul nisan leden duben kveten julius junius majus maja marca",
)
# Of them, those that people and places are called.
MONTHS_AND_NAMES = _words("may june marco julio avril mars maja marca kasim eylul nisan julius march mayo")
# No name but a month's, in whatever case a date has it.
SURE_MONTHS = _words(
    "january february july september october november december",
    "januar jaenner janner februar feber marz maerz juni oktober dezember januari februari maart augustus augusti",
    "janvier fevrier juin juillet septembre octobre novembre decembre",
    "enero febrero marzo septiembre octubre noviembre diciembre",
    "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre",
    "janeiro fevereiro junho julho setembro outubro novembro dezembro",
    "ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince unor brezen"
    " cerven cervenec srpen rijen listopad prosinec stycznia lutego kwietnia czerwca lipca"
    " sierpnia wrzesnia pazdziernika listopada grudnia styczen marzec kwiecien czerwiec lipiec sierpien wrzesien"
    " pazdziernik grudzien",
    "ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie",
    "marcius aprilis augusztus szeptember subat mayis haziran temmuz agustos aralik",
    "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesakuu heinakuu elokuu syyskuu lokakuu marraskuu joulukuu",
)
MONTHS = SHORT_MONTHS | UNSURE_MONTHS | SURE_MONTHS
# What is paid month by month: a month beside it is a date.
PURPOSES = _words(
    "rent salary sal wages payroll rente pension fee fees dues tuition lessons instalment installment invoice"
    " membership subscription mensualidad mensualite rata quota abo abonnement miete lohn gehalt rechnung beitrag"
    " loyer salaire facture cotisation alquiler nomina cuota factura affitto stipendio fattura aluguel huur"
    " salaris contributie hyra lon husleje najem najemne mzda vyplata faktura czynsz wynagrodzenie",
    "bezuege unterhalt kinderopvang loon paie garde cantine arriendo renta sueldo salario renda ordenado vencimento"
    " mensalidade parcela canone retta emolumenti competenze chirie salariu intretinere lakber munkaber kira kirasi"
    " aidat vuokra palkka premie avgift lonn termijn splatka abonament maas",
)
# Beside a small number: which turn it is, of those that are paid one after the other.
TURNS = _words(
    "rate rata quota cuota parcela prest termin termijn splatka taksit echeance emi instalment installment abschlag"
    " inst week wk kw vecka uke uge period periode month mth mnd mes mese mois maand monat quarter qtr quartal"
    " trimestre trim kvartal kwartaal",
)
NUMBER_SIGNS = _words("n c nr nro no num number numero")
OF = _words("of von van de di sur z")

LEGAL_FORMS = _words(
    "inc llc llp lp ltd limited corp corporation plc pty pvt private gmbh mbh ag kg kgaa ohg gbr ug ev se sarl"
    " sas sasu eurl sa sl slu srl spa snc bv nv vof cv ab as asa oy oyj aps ks is sro zoo spzoo kft zrt nyrt doo"
    " dd ad ltda eireli cia kk bhd pte sdn co",
)
_US_STATES = _words(
    "al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok"
    " or pa ri sc sd tn tx ut vt va wa wv wi wy dc",
)
_STATES_WITH_COUNTRY = frozenset(f"{state}us" for state in _US_STATES)  # a card's fields, written without a space
STATES = _US_STATES | _STATES_WITH_COUNTRY | _words("on qc bc ab mb sk ns nb nl pe nsw vic qld tas act sp rj mg")
# States and countries that are words too: they go behind a city or a number, not behind a name alone.
UNSURE_PLACES = _STATES_WITH_COUNTRY | _words(
    "al ar co de hi id in la ma me mi mo ne oh ok or pa so to it no be at is my on act se es ch pe sp tas can che"
    " bel sc mt ms",
)
COUNTRIES = _words(
    "us usa gb gbr uk nl nld ie irl de deu ger fr fra lu lux se swe no nor dk dnk fi fin cz cze sk svk pl pol hu"
    " hun ro rou es esp pt prt it ita at aut ch che be bel gr grc tr tur ca can au aus nz nzl in ind jp jpn sg sgp"
    " hk hkg cn chn br bra mx mex ar arg za zaf ae are il isr mt mlt cy ee lt lv lva ltu est",
    "england scotland wales ireland germany deutschland france netherlands nederland belgium belgique belgie"
    " sweden sverige norway norge denmark danmark finland suomi poland polska spain espana italy italia portugal"
    " austria osterreich schweiz suisse switzerland luxembourg canada australia india brasil brazil mexico japan"
    " singapore czechia cesko",
)
# One to three words, as the longest towns of the countries above are written.
CITIES = _phrases(
    "new york, los angeles, san francisco, los gatos, seattle, chicago, austin, boston, houston, dallas,"
    " denver, atlanta, miami, portland, phoenix, san diego, san jose, cupertino, mountain view, menlo park, palo"
    " alto, oakland, sacramento, las vegas, philadelphia, washington, brooklyn, nashville, charlotte, orlando,"
    " tampa, detroit, minneapolis, st louis, kansas city, salt lake city, san antonio, columbus, indianapolis,"
    " baltimore, pittsburgh, cleveland, cincinnati, toronto, vancouver, montreal, ottawa, calgary, edmonton,"
    " winnipeg, quebec, mississauga, halifax, victoria, london, manchester, birmingham, leeds, glasgow,"
    " edinburgh, liverpool, bristol, sheffield, cardiff, belfast, dublin, cork, galway, berlin, hamburg, munich,"
    " munchen, muenchen, koln, koeln, cologne, frankfurt, stuttgart, dusseldorf, duesseldorf, leipzig, dortmund,"
    " essen, bremen, dresden, hannover, nurnberg, nuernberg, bonn, wien, vienna, graz, linz, salzburg,"
    " innsbruck, zurich, zuerich, geneve, genf, basel, bern, lausanne, luzern, paris, lyon, marseille, toulouse,"
    " nice, nantes, strasbourg, montpellier, bordeaux, lille, rennes, bruxelles, brussel, brussels, antwerpen,"
    " gent, liege, luxembourg, amsterdam, rotterdam, den haag, s gravenhage, utrecht, eindhoven, groningen,"
    " madrid, barcelona, valencia, sevilla, zaragoza, malaga, bilbao, lisboa, lisbon, porto, milano, milan,"
    " roma, rome, torino, napoli, bologna, firenze, genova, palermo, venezia, verona, stockholm, goteborg,"
    " gothenburg, malmo, uppsala, oslo, bergen, trondheim, stavanger, kobenhavn, copenhagen, aarhus, odense,"
    " helsinki, tampere, turku, espoo, warszawa, warsaw, krakow, gdansk, wroclaw, poznan, lodz, katowice, praha,"
    " prague, brno, ostrava, plzen, bratislava, kosice, budapest, bucuresti, cluj napoca, athens, istanbul,"
    " ankara, mumbai, pune, delhi, new delhi, bangalore, bengaluru, hyderabad, chennai, kolkata, gurgaon,"
    " gurugram, noida, ahmedabad, sydney, melbourne, brisbane, perth, adelaide, canberra, auckland, wellington,"
    " sao paulo, rio de janeiro, belo horizonte, brasilia, curitiba, mexico, monterrey, guadalajara, ciudad de"
    " mexico, buenos aires, tokyo, osaka, singapore, hong kong, johannesburg, cape town, durban"
)
# A place behind one of these belongs to the name: "Bank of London", "Toys R Us", "Tiffany & Co".
BINDERS = _words("of r and & the with for to by de di da du la le in at on y e et und")

# Alone they tell nobody apart; what went before them is then put back.
GENERIC = _words(
    "a the of and in at to from on for by e o y store shop bill fee fees charge charges insurance power energy"
    " water gas market cafe bar restaurant hotel pizza pizzeria bakery pharmacy service services group"
    " international company co union line food foods coffee supermarket apotheke versicherung strom assurance"
    " assurances seguros energia boulangerie pharmacie farmacia farmacie factory house center centre club media"
    " travel europe",
)
# Of accounts and directions: with how it was paid, they still name nobody.
ACCOUNTS = _words(
    "ucet ucetu uctu ucty z na to from in out of cash check checks cheque cheques bank card cards account online"
    " mobile internet direct standing order orders faster instant electronic funds money wire bill external"
    " internal outgoing incoming send pre web konto conto cuenta compte rekening acct own interne externe interna"
    " externa emitted debitk ref no nr id sent received credit misc via de da di par por per an von e",
)
