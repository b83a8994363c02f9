/* The page of report_page.c, as bytes of this program. */
    .section .rodata
    .global report_page_html
    .hidden report_page_html
    .balign 16
report_page_html:
    .incbin "report_page.html"
    .byte 0
    .section .note.GNU-stack, "", %progbits
