import type { Outcome } from '#contract/domain/contact.ts'
import type { TicketKind } from '#contract/domain/ticket-kind.ts'

/** What people call about, and what operators wrote: invented, in the language of the desk. */
export type Matter = {
  topicId: string
  weight: number
  notes: readonly (readonly [Outcome, string])[]
  requests: readonly (readonly [TicketKind, string])[]
}

export const matters: readonly Matter[] = [
  {
    topicId: 'identity-card',
    weight: 26,
    notes: [
      [
        'appointment',
        'Carta in scadenza: preso un posto nella sede più vicina. Ricordati i documenti e i 22,20 €.',
      ],
      ['resolved', 'Chiede se deve rifare la carta perché ha cambiato casa: no, resta valida.'],
      [
        'resolved',
        'Mancano più di 180 giorni alla scadenza: si può prenotare dal mese prossimo. Richiamerà.',
      ],
      ['callback', 'Nessun posto di mattina nelle sedi vicine. Promesso un richiamo se si libera qualcosa.'],
      [
        'resolved',
        'Carta per la figlia di sei anni: spiegato che serve la presenza di tutti e due i genitori.',
      ],
      ['request', 'La carta spedita non è arrivata dopo tre settimane. Aperta una verifica.'],
    ],
    requests: [
      [
        'verification',
        'La carta d’identità spedita per posta non è arrivata. Chiede a che punto è la consegna.',
      ],
      ['complaint', 'Arrivato allo sportello con la prenotazione ha trovato la sede chiusa, senza avviso.'],
    ],
  },
  {
    topicId: 'change-of-residence',
    weight: 14,
    notes: [
      ['resolved', 'Trasloco dentro Milano: spiegata la dichiarazione online su ANPR con SPID.'],
      ['appointment', 'Non ha SPID e viene da un altro comune: prenotato lo sportello.'],
      [
        'request',
        'La dichiarazione online è ferma da settimane. Aperta una verifica con il codice della pratica.',
      ],
      [
        'resolved',
        'Chiede se il vigile è passato: l’accertamento può durare 45 giorni, la registrazione c’è già.',
      ],
    ],
    requests: [
      [
        'verification',
        'Dichiarazione di residenza inviata online e senza esito. Chiede lo stato della pratica.',
      ],
      [
        'information',
        'Coabitazione con persona non parente: chiede quale consenso deve firmare il proprietario.',
      ],
    ],
  },
  {
    topicId: 'certificates',
    weight: 9,
    notes: [
      ['resolved', 'Certificato di residenza: spiegato come scaricarlo da ANPR. Lo fa il figlio.'],
      ['resolved', 'Certificato per la banca: basta l’autocertificazione, letta insieme la formula.'],
      ['appointment', 'Certificato storico: si fa solo allo sportello, prenotato.'],
      ['resolved', 'Indicata l’edicola convenzionata più vicina.'],
    ],
    requests: [['information', 'Certificato plurilingue di nascita per l’estero: chiede modalità e tempi.']],
  },
  {
    topicId: 'waste-tax',
    weight: 15,
    notes: [
      ['resolved', 'Avviso non arrivato: scaricato insieme dal Fascicolo.'],
      [
        'request',
        'I metri quadri dell’avviso non tornano con la planimetria. Aperta la richiesta di rettifica.',
      ],
      ['resolved', 'Chiede la scadenza della seconda rata: è scritta sull’avviso, letta con lui.'],
      ['request', 'In casa vive una persona in meno: segnalata la variazione degli occupanti.'],
      ['specialist', 'Avviso intestato al padre defunto: passata ai Tributi.'],
    ],
    requests: [
      ['verification', 'I metri quadri dell’avviso TARI sono più di quelli catastali. Chiede la rettifica.'],
      ['verification', 'Ha pagato due volte la stessa rata TARI. Chiede il rimborso.'],
      ['complaint', 'Sollecito TARI ricevuto per un avviso già pagato, per la seconda volta.'],
    ],
  },
  {
    topicId: 'fines',
    weight: 11,
    notes: [
      ['resolved', 'Spiegato lo sconto del 30 % entro cinque giorni dalla notifica.'],
      ['resolved', 'Chiede come pagare con pagoPA: dettati numero del verbale e passaggi.'],
      ['request', 'Ha pagato ma il verbale risulta aperto. Aperta una verifica del pagamento.'],
      ['specialist', 'Verbale per un’auto venduta da un anno: passata alle Sanzioni.'],
    ],
    requests: [
      [
        'verification',
        'Verbale pagato entro i termini che risulta ancora aperto. Allega la data del pagamento.',
      ],
      ['complaint', 'Due verbali per lo stesso passaggio, a un minuto di distanza.'],
    ],
  },
  {
    topicId: 'nursery',
    weight: 5,
    notes: [
      ['resolved', 'Chiede quando esce la graduatoria del nido: detta la data del bando.'],
      ['request', 'In lista d’attesa, vuole sapere la posizione. Richiesta ai Servizi educativi.'],
      ['appointment', 'Cambio di nido nello stesso municipio: prenotato lo sportello.'],
    ],
    requests: [['information', 'Chiede la posizione del bambino nella lista d’attesa del nido.']],
  },
  {
    topicId: 'school-meals',
    weight: 4,
    notes: [
      ['resolved', 'Dieta sanitaria: serve il certificato del pediatra, spiegato dove mandarlo.'],
      ['request', 'L’ISEE è stato mandato ma la quota è ancora intera. Aperta una verifica.'],
    ],
    requests: [
      ['verification', 'Quota della refezione calcolata senza ISEE, che era stato consegnato in tempo.'],
    ],
  },
  {
    topicId: 'low-emission-zones',
    weight: 4,
    notes: [
      ['resolved', 'Controllata la targa: può entrare. Letta la pagina del giorno.'],
      ['resolved', 'Biglietto Area C pagato il giorno dopo: va bene, è nei termini.'],
    ],
    requests: [
      ['complaint', 'Ingresso in deroga registrato che non risulta: ha ricevuto un verbale per Area B.'],
    ],
  },
  {
    topicId: 'road-damage',
    weight: 4,
    notes: [
      ['request', 'Buca profonda davanti al passo carraio. Aperta una segnalazione.'],
      ['request', 'Lampione spento da una settimana nel tratto pedonale. Aperta una segnalazione.'],
    ],
    requests: [
      ['report', 'Buca profonda sulla carreggiata, pericolosa per biciclette e motorini.'],
      ['report', 'Marciapiede sollevato dalle radici: una persona anziana è inciampata.'],
      ['report', 'Lampione spento da una settimana, il tratto è al buio.'],
    ],
  },
  {
    topicId: 'marriage',
    weight: 2,
    notes: [
      ['appointment', 'Pubblicazioni di matrimonio: prenotato lo sportello dello stato civile.'],
      ['resolved', 'Spiegati i tre passi: pubblicazioni, luogo, data.'],
    ],
    requests: [['information', 'Chiede quali documenti servono allo sposo nato all’estero.']],
  },
  {
    topicId: 'cemetery',
    weight: 2,
    notes: [
      ['specialist', 'Concessione del loculo in scadenza: passata ai Servizi cimiteriali.'],
      ['appointment', 'Colloquio per il rinnovo della concessione, prenotato.'],
    ],
    requests: [['information', 'Chiede se la concessione della tomba di famiglia si può rinnovare.']],
  },
  {
    topicId: 'home-care',
    weight: 2,
    notes: [['specialist', 'La madre è sola dopo il ricovero: passata al servizio sociale del municipio.']],
    requests: [['information', 'Chiede come attivare l’assistenza domiciliare per un genitore di 84 anni.']],
  },
  {
    topicId: 'citizen-file',
    weight: 4,
    notes: [
      ['resolved', 'Non riesce a entrare nel Fascicolo: lo SPID era scaduto.'],
      ['resolved', 'Spiegata la delega di un familiare nel Fascicolo.'],
    ],
    requests: [['suggestion', 'Propone che il Fascicolo mostri anche gli appuntamenti dei figli.']],
  },
  {
    topicId: 'appointments-help',
    weight: 5,
    notes: [
      ['resolved', 'Spostato l’appuntamento alla settimana dopo, stessa sede.'],
      ['resolved', 'Disdetto l’appuntamento: ha ritrovato la carta.'],
      ['dropped', 'Caduta la linea mentre cercavamo il codice.'],
    ],
    requests: [['appreciation', 'Ringrazia lo sportello di via Padova: gentili e puntuali.']],
  },
  {
    topicId: 'complaints',
    weight: 2,
    notes: [['request', 'Vuole fare reclamo per l’attesa al telefono della settimana scorsa. Registrato.']],
    requests: [['complaint', 'Attesa di oltre dieci minuti al telefono, poi la linea è caduta.']],
  },
]
